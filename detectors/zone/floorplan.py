"""Coordinates against the zones' polygons: how probable each zone is, given where a tag was put."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

from shapely import STRtree
from shapely.geometry import Point, Polygon
from shapely.prepared import PreparedGeometry, prep

ERROR_M = 0.5
"""What is assumed of a reader that does not say how far off it is: UWB in a hall is off by less."""
LEAST_ERROR_M = 0.15
"""No reader is believed to be better: walls on the plan are not."""
REACH = 3.0
"""Zones farther off than so many errors are not looked at."""


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """The zones' polygons, prepared. Make it with `of`."""

    zones: tuple[int, ...]
    shapes: tuple[Polygon, ...]
    prepared: tuple[PreparedGeometry[Polygon], ...]
    tree: STRtree

    @classmethod
    def of(cls, shapes: dict[int, Polygon]) -> FloorPlan:
        """Return the plan of polygons by the zone's number."""
        drawn = tuple(shapes.values())
        return cls(tuple(shapes), drawn, tuple(prep(shape) for shape in drawn), STRtree(drawn))

    def inside(
        self, position_m: tuple[float, float], error_m: float | None
    ) -> tuple[tuple[int, float], ...]:
        """Return the probability of each zone that the tag may be in, by its number.

        The error is taken as normal with this standard deviation, and the nearest wall as straight.
        """
        error_m = max(ERROR_M if error_m is None else error_m, LEAST_ERROR_M)
        point = Point(position_m)
        found = []
        for number in self.tree.query(point, predicate="dwithin", distance=REACH * error_m):
            way_m = self.shapes[number].boundary.distance(point)
            if not self.prepared[number].covers(point):
                way_m = -way_m
            found.append((self.zones[number], 0.5 * (1 + erf(way_m / error_m / sqrt(2)))))
        return tuple(sorted(found))
