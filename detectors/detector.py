"""What a detector is before it runs: its settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contract.detection_kinds import DetectionKind
from contract.site import Site
from detectors.finder import AnyFinder


class Detector(BaseModel, ABC):
    """A detector's settings: the keys of its `[[detector]]` table, and nothing else.

    They are fields, so they are validated, defaulted, documented and read from the site file for
    free. What it does with them at a site is its `Finder`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    """Its name in the site file."""
    tells: ClassVar[frozenset[DetectionKind]] = frozenset()
    """The kinds of what it finds. What each means is in `contract.detection_kinds`."""

    @abstractmethod
    def at(self, site: Site) -> AnyFinder:
        """Return what runs with these settings at a site."""
