"""Which zones a foot point is in, as one camera sees them."""

from __future__ import annotations

from dataclasses import dataclass

from contract.homography import Homography
from contract.polygon import Point, Polygon, contains
from contract.site import Device, Site


@dataclass(frozen=True, slots=True)
class Floor:
    """What one camera watches. Make it with `of`."""

    size_px: tuple[int, int] | None = None
    """The size of the picture that was drawn upon; None: nothing is drawn."""
    drawn: tuple[tuple[str, Polygon], ...] = ()
    """Zones in the picture."""
    planned: tuple[tuple[str, Polygon], ...] = ()
    """Zones on the floor plan, in metres."""
    plan: Homography | None = None
    whole: str | None = None
    """The zone that all of the picture shows, when nothing is drawn: the device's own."""

    @classmethod
    def of(cls, device: Device | None, site: Site) -> Floor:
        """Return what a camera watches, as the site file declares it."""
        if device is None:
            return cls()
        view = device.view
        if view is None or not (view.image_zones or view.homography):
            return cls(whole=device.zone)
        planned = tuple(
            (zone.id, zone.polygon_m)
            for zone in site.zone
            if view.homography and len(zone.polygon_m) >= 3 and zone.id not in view.image_zones
        )
        return cls(view.size_px, tuple(view.image_zones.items()), planned, view.floor)

    def zones(self, foot_px: Point, size_px: tuple[int, int]) -> tuple[str, ...]:
        """Return the zones in which somebody stands whose feet are there."""
        if self.whole is not None:
            return (self.whole,)
        at = self._as_drawn(foot_px, size_px)
        found = [zone for zone, polygon in self.drawn if contains(polygon, at)]
        at_m = self.plan.to_m(at) if self.plan is not None else None
        if at_m is not None:
            found += [zone for zone, polygon in self.planned if contains(polygon, at_m)]
        return tuple(found)

    def place_m(self, foot_px: Point, size_px: tuple[int, int]) -> Point | None:
        """Return where on the floor plan that is, if the camera knows."""
        return None if self.plan is None else self.plan.to_m(self._as_drawn(foot_px, size_px))

    def _as_drawn(self, at: Point, size_px: tuple[int, int]) -> Point:
        """Bring a point to the picture that was drawn upon: a stream may change its resolution."""
        if self.size_px is None or self.size_px == size_px:
            return at
        return at[0] * self.size_px[0] / size_px[0], at[1] * self.size_px[1] / size_px[1]
