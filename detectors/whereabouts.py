"""Where everybody was heard last, and how long ago: a tag that goes quiet is not forgotten."""

from __future__ import annotations

from typing import NamedTuple

from contract.instants import ns
from contract.site import Site
from detectors.finding import Finding

REMEMBERED_NS = ns(600)
"""Longer than it takes a silent device to become SEV1: whose belt and badge die together in a
hazard zone is missed there, and not somewhere."""


class LastZone(NamedTuple):
    """Where somebody is, or was when they were heard last."""

    zone: str
    since_ns: int
    left_ns: int | None = None
    """When presence ended; None while it lasts."""


class Whereabouts:
    """Follows the presence of everybody on a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._last: dict[str, LastZone] = {}

    def note(self, person: str, finding: Finding) -> None:
        """Take in that somebody came into a zone or left it."""
        if finding.zone is None:
            return
        known = self._last.get(person)
        if finding.phase == "onset":
            self._last[person] = LastZone(finding.zone, finding.onset_ns)
        elif known is not None and known.zone == finding.zone and known.left_ns is None:
            self._last[person] = known._replace(left_ns=finding.decided_ns)

    def now(self, person: str) -> str | None:
        """Return the zone in which somebody is believed to be."""
        known = self._last.get(person)
        return known.zone if known is not None and known.left_ns is None else None

    def last(self, person: str, at_ns: int) -> LastZone | None:
        """Return where somebody is or was, if that still says something at `at_ns`.

        Who was heard last where one leaves the site has gone home.
        """
        known = self._last.get(person)
        if known is None or known.left_ns is None:
            return known
        zone = self._site.zones.get(known.zone)
        gone = at_ns - known.left_ns > REMEMBERED_NS or (zone is not None and zone.way_out)
        return None if gone else known

    def everybody(self) -> dict[str, LastZone]:
        """Return all that is known, by person."""
        return dict(self._last)

    def is_alone(self, person: str, zone: str) -> bool:
        """Whether nobody else is in the zone."""
        return not any(
            last.zone == zone and last.left_ns is None
            for other, last in self._last.items()
            if other != person
        )
