"""What the rules know of a site that does not change: zones, borders, doors, permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contract.site import Site
from contract.zone import Zone
from detectors.zone.permission import Permissions

STRANGER = "tag:"
"""Opens the name of whoever carries a tag that nobody in the site file has. No id has a colon."""

UNIDENTIFIED = "camera:"
"""Opens the name of whoever a camera sees: it does not know them, and each visit is somebody."""
NAMELESS = (STRANGER, UNIDENTIFIED)


@dataclass(frozen=True, slots=True)
class Ground:
    """A site as the rules see it. Make it once with `of`."""

    site: Site
    permissions: Permissions
    outer: Mapping[str, tuple[str, ...]]
    """The zones that each zone lies in, innermost first."""
    ways: Mapping[str, frozenset[str]]
    """The zones that each can be entered from."""

    @classmethod
    def of(cls, site: Site) -> Ground:
        """Return what the rules know of a site."""
        return cls(
            site,
            Permissions.of(site),
            {zone.id: tuple(_outer(site, zone)) for zone in site.zone},
            site.neighbours,
        )

    def innermost(self, zones: Iterable[str]) -> str | None:
        """Return the zone that lies in the most others; of equals the first."""
        return max(zones, key=lambda zone: len(self.outer.get(zone, ())), default=None)

    def is_innermost(self, zone: str, zones: Iterable[str]) -> bool:
        """Whether none of `zones` lies in `zone`."""
        return not any(zone in self.outer.get(other, ()) for other in zones)

    def title(self, zone: str) -> str:
        """Return a zone as people call it."""
        return self.site.zones[zone].title or zone


def _outer(site: Site, zone: Zone) -> Iterable[str]:
    seen = {zone.id}
    while zone.within is not None and zone.within not in seen:
        seen.add(zone.within)
        yield zone.within
        zone = site.zones[zone.within]
