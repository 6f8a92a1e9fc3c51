"""Where zones touch: the way from one to the next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from simulators.plant.hearing import Building
from simulators.plant.layout import Box, Layout
from simulators.plant.way import Point

LEAST_M = 2.5
"""Across a shared edge that is shorter nobody goes."""
WALLS_MOST = 3
"""More walls than these are not counted: nothing is heard through them."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A straight edge that two zones share, and the unit vector from the first into the second."""

    from_m: Point
    to_m: Point
    into: Point
    walled: bool
    """A wall with a door in its middle; otherwise a line on the floor."""

    def gate(self, rng: np.random.Generator) -> Point:
        """Return a place to cross: the door, or anywhere along a line but at its ends."""
        return self._at(
            float(rng.uniform(-0.4, 0.4)) / self.long_m + 0.5
            if self.walled
            else float(rng.uniform(0.2, 0.8))
        )

    @property
    def door_m(self) -> Point:
        """The middle."""
        return self._at(0.5)

    @property
    def long_m(self) -> float:
        """Its length."""
        return abs(self.to_m[0] - self.from_m[0]) + abs(self.to_m[1] - self.from_m[1])

    def _at(self, share: float) -> Point:
        return (
            self.from_m[0] + share * (self.to_m[0] - self.from_m[0]),
            self.from_m[1] + share * (self.to_m[1] - self.from_m[1]),
        )

    def beside(self, at_m: Point, way_m: float) -> Point:
        """Return the place `way_m` beyond the edge, or before it if that is negative."""
        return (at_m[0] + way_m * self.into[0], at_m[1] + way_m * self.into[1])


class Edges:
    """Which zones touch, and the fewest crossings from one to another."""

    def __init__(self, layout: Layout) -> None:
        self.of: dict[str, dict[str, Edge]] = {name: {} for name in layout.boxes}
        for name, box in layout.boxes.items():
            for other, next_box in layout.boxes.items():
                walled = _walled(name, other)
                edge = _shared(box, next_box, walled) if name != other else None
                if edge is not None:
                    self.of[name][other] = edge

    def route(self, start: str, goal: str, permitted: frozenset[str]) -> tuple[str, ...]:
        """Return the zones from `start` to `goal`, both included; none if there is no way."""
        came_from = {start: start}
        todo = deque([start])
        while todo and goal not in came_from:
            zone = todo.popleft()
            for neighbour in self.of[zone]:
                if neighbour in permitted and neighbour not in came_from:
                    came_from[neighbour] = zone
                    todo.append(neighbour)
        if goal not in came_from:
            return ()
        zones = [goal]
        while zones[-1] != start:
            zones.append(came_from[zones[-1]])
        return tuple(reversed(zones))

    def building(self, layout: Layout) -> Building:
        """Return the walls as the readers' waves meet them."""
        names = list(layout.boxes)
        between = np.full((len(names), len(names)), float(WALLS_MOST))
        np.fill_diagonal(between, 0)
        for name, others in self.of.items():
            for other, edge in others.items():
                between[names.index(name), names.index(other)] = float(edge.walled)
        for via in range(len(names)):
            between = np.minimum(between, between[:, via, None] + between[None, via])
        hangs = [names.index(antenna.zone) for antenna in layout.antennas]
        doors = [edge.door_m for of in self.of.values() for edge in of.values() if edge.walled]
        walls = np.minimum(between[:, hangs], WALLS_MOST)
        return Building(walls.astype(np.float32), np.array(sorted(set(doors)), dtype=np.float32))


def _walled(name: str, other: str) -> bool:
    """Rooms have walls. The lane has a line to the walkways; its parts, and a corridor's, touch."""
    return "room" in name or "room" in other


def _shared(box: Box, other: Box, walled: bool) -> Edge | None:
    low_x, high_x = max(box[0], other[0]), min(box[2], other[2])
    low_y, high_y = max(box[1], other[1]), min(box[3], other[3])
    if high_x - low_x >= LEAST_M and abs(high_y - low_y) < 1e-6:
        up = 1.0 if other[1] >= box[3] - 1e-6 else -1.0
        return Edge((low_x, low_y), (high_x, low_y), (0.0, up), walled)
    if high_y - low_y >= LEAST_M and abs(high_x - low_x) < 1e-6:
        right = 1.0 if other[0] >= box[2] - 1e-6 else -1.0
        return Edge((low_x, low_y), (low_x, high_y), (right, 0.0), walled)
    return None
