"""Finds what looks at the tracks of cameras. Nothing lists it: a file in `watchers` is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from contract import plugins
from contract.errors import SiteFileError
from detectors.vision import watchers
from detectors.vision.watcher import AnyWatcher, Watcher

TABLE = "detector.watch"


def catalogue() -> dict[str, type[AnyWatcher]]:
    """Return every watcher by its kind, in the order of their names."""
    found: dict[str, type[AnyWatcher]] = plugins.find(watchers, Watcher)  # type: ignore[type-abstract]
    return dict(sorted(found.items()))


def build(tables: Iterable[Mapping[str, Any]]) -> tuple[AnyWatcher, ...]:
    """Return all watchers: with the settings of their tables, else as they ship.

    Raises
    ------
    SiteFileError
        For a kind or a key that does not exist, and for a kind that is there twice.
    """
    known, tables = catalogue(), tuple(tables)
    given = {each.kind: each for each in plugins.build(TABLE, known, tables)}
    times = Counter(str(table.get("kind")) for table in tables)
    twice = tuple(
        f'[[{TABLE}]]: kind "{kind}" is there {count} times'
        for kind, count in times.items()
        if count > 1
    )
    if twice:
        raise SiteFileError(twice)
    return tuple(given.get(kind) or cls() for kind, cls in known.items())


def elsewhere() -> dict[str, str]:
    """Return where each watcher's keys belong: whoever writes one beside them is told."""
    return {
        key: f'[[{TABLE}]] with kind = "{kind}"'
        for kind, cls in catalogue().items()
        for key in cls.model_fields
    }
