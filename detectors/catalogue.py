"""Finds the detectors."""

from __future__ import annotations

import detectors
from contract import plugins
from contract.site import Site
from detectors.detector import Detector
from detectors.finder import AnyFinder


def catalogue() -> dict[str, type[Detector]]:
    """Return every detector by its kind."""
    return plugins.find(detectors, Detector)  # type: ignore[type-abstract]


def build(site: Site) -> tuple[AnyFinder, ...]:
    """Return what runs of the detectors that a site file asks for, or raise `SiteFileError`."""
    return tuple(d.at(site) for d in plugins.build("detector", catalogue(), site.detector))
