"""The pages and schemas under docs/ that are made from the code, and are never edited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import backend.paging.channels
import detectors
import detectors.vision.watchers
import edge.sensors
from floorwatch.configuration_page import configuration_page
from floorwatch.incidents_page import incidents_page
from floorwatch.kinds_page import kinds_page
from floorwatch.schemas import schema_pages
from floorwatch.severity_page import severity_page


def generated() -> Mapping[str, str]:
    """Return the text of each generated file by its path in the checkout."""
    kinds = {
        "detector": detectors,
        "detector.watch": detectors.vision.watchers,
        "agent.sensors": edge.sensors,
        "channel": backend.paging.channels,
    }
    return {
        **{f"docs/contract/{name}": text for name, text in schema_pages().items()},
        "docs/contract/severity.md": severity_page(),
        "docs/contract/kinds.md": kinds_page(),
        "docs/configuration.md": configuration_page(kinds),
        "docs/incidents.md": incidents_page(),
    }


def stale(checkout: Path) -> tuple[str, ...]:
    """Return the generated files of a checkout that are missing, or are not what the code says."""

    def held(path: str) -> str | None:
        file = checkout / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    return tuple(path for path, text in generated().items() if held(path) != text)
