"""The floor of a simulated site: where its zones are, who may be in which, how one walks there."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np

from contract.site import Site, Wearer
from contract.zone import Zone

Point = tuple[float, float]

ROOM_M = 8.0
"""Side of the room that a zone without a polygon is given."""
TOUCH_M = 0.3
"""Zones whose edges are nearer than this have a way through between them."""


class Floor:
    """Zones as rooms. A site without a floor plan gets square rooms in a row."""

    def __init__(self, site: Site) -> None:
        self.zones = site.zones
        self.rooms: Mapping[str, tuple[Point, ...]] = _rooms(site.zone)
        self._doors = _doors(self.rooms)

    def zones_at(self, at: Point) -> tuple[str, ...]:
        """Return the ids of the zones that a point lies in."""
        return tuple(name for name, room in self.rooms.items() if contains(room, at))

    def doors(self, zone: str) -> Mapping[str, Point]:
        """Return the neighbours of a zone, each with the middle of the edge between them."""
        return self._doors[zone]

    def permitted(self, wearer: Wearer) -> tuple[str, ...]:
        """Return the ids of the zones where somebody may be."""
        return tuple(name for name, zone in self.zones.items() if may_enter(wearer, zone))

    def homes(self, wearers: Sequence[Wearer]) -> dict[str, str]:
        """Return where everybody works: their department's zone if it has one, else in turn."""
        plain = [name for name, zone in self.zones.items() if zone.hazard == "none"]
        homes: dict[str, str] = {}
        for number, wearer in enumerate(wearers):
            may = self.permitted(wearer) or tuple(self.zones)
            named = [
                name
                for name in may
                if wearer.department and wearer.department.lower() in self.zones[name].title.lower()
            ]
            choice = named or [name for name in plain if name in may] or list(may)
            homes[wearer.id] = choice[number % len(choice)]
        return homes

    def reachable(self, start: str, permitted: Sequence[str]) -> tuple[str, ...]:
        """Return the zones that can be walked to from `start` without entering a forbidden one."""
        seen = [start]
        for zone in seen:
            seen += [n for n in self._doors[zone] if n in permitted and n not in seen]
        return tuple(seen)

    def route(self, start: str, goal: str, permitted: Sequence[str]) -> tuple[Point, ...]:
        """Return the doors on the way, the fewest there are; none when nothing connects them."""
        came_from: dict[str, str] = {start: start}
        todo = deque([start])
        while todo and goal not in came_from:
            zone = todo.popleft()
            for neighbour in self._doors[zone]:
                if neighbour not in came_from and (neighbour in permitted or neighbour == goal):
                    came_from[neighbour] = zone
                    todo.append(neighbour)
        if goal not in came_from:
            return ()
        doors: list[Point] = []
        while goal != start:
            doors.append(self._doors[came_from[goal]][goal])
            goal = came_from[goal]
        return tuple(reversed(doors))

    def spot(self, zone: str, rng: np.random.Generator, margin_m: float = 1.2) -> Point:
        """Return a random place in a zone, away from its edges where there is room for that."""
        room = self.rooms[zone]
        low, high = np.min(room, axis=0), np.max(room, axis=0)
        best = middle(room)
        for _ in range(40):
            x, y = rng.uniform(low, high)
            at = (float(x), float(y))
            if contains(room, at) and edge_distance_m(room, at) >= margin_m:
                return at
        return best


def may_enter(wearer: Wearer, zone: Zone) -> bool:
    """Whether somebody may be in a zone: by role, by name, or because it is no hazard."""
    return (
        zone.hazard == "none"
        or wearer.id in zone.wearers
        or bool(set(wearer.roles) & set(zone.roles))
    )


def contains(room: Sequence[Point], at: Point) -> bool:
    """Whether a point lies in a polygon (even-odd rule).

    >>> contains([(0, 0), (4, 0), (4, 2), (0, 2)], (1, 1))
    True
    """
    x, y = at
    inside = False
    for (x1, y1), (x2, y2) in _edges(room):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def edge_distance_m(room: Sequence[Point], at: Point) -> float:
    """Return how far a point is from the nearest edge of a polygon."""
    return min(_segment_distance_m(a, b, at) for a, b in _edges(room))


def middle(room: Sequence[Point]) -> Point:
    """Return a point in the polygon: the mean of its corners, or near an edge's middle."""
    x, y = np.mean(np.asarray(room, dtype=float), axis=0)
    at = (float(x), float(y))
    if contains(room, at):
        return at
    for (x1, y1), (x2, y2) in _edges(room):
        across = np.array([y1 - y2, x2 - x1], dtype=float)
        across *= 0.05 / max(float(np.hypot(*across)), 1e-9)
        for side in (across, -across):
            near = (float((x1 + x2) / 2 + side[0]), float((y1 + y2) / 2 + side[1]))
            if contains(room, near):
                return near
    return at


def _edges(room: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(room, [*room[1:], room[0]], strict=True))


def _segment_distance_m(a: Point, b: Point, at: Point) -> float:
    start, along, to = np.array(a), np.subtract(b, a), np.subtract(at, a)
    length2 = float(along @ along)
    share = float(np.clip(to @ along / length2, 0, 1)) if length2 > 0 else 0.0
    return float(np.hypot(*(np.asarray(at) - (start + share * along))))


def _rooms(zones: Sequence[Zone]) -> dict[str, tuple[Point, ...]]:
    right = max((x for zone in zones for x, _ in zone.polygon_m), default=-ROOM_M) + ROOM_M
    rooms: dict[str, tuple[Point, ...]] = {}
    for zone in zones:
        if zone.polygon_m:
            rooms[zone.id] = zone.polygon_m
            continue
        rooms[zone.id] = (
            (right, 0.0), (right + ROOM_M, 0.0), (right + ROOM_M, ROOM_M), (right, ROOM_M),
        )  # fmt: skip
        right += ROOM_M
    return rooms


def _doors(rooms: Mapping[str, Sequence[Point]]) -> dict[str, dict[str, Point]]:
    doors: dict[str, dict[str, Point]] = {name: {} for name in rooms}
    for one, room in rooms.items():
        for other, next_room in rooms.items():
            if one >= other or _far_apart(room, next_room):
                continue
            shared = [
                at
                for a, b in _edges(room)
                for at in _points_along(a, b)
                if edge_distance_m(next_room, at) < TOUCH_M
            ]
            if len(shared) >= 3:
                door = shared[len(shared) // 2]
                doors[one][other] = doors[other][one] = door
    return doors


def _far_apart(room: Sequence[Point], other: Sequence[Point]) -> bool:
    low, high = np.min(room, axis=0), np.max(room, axis=0)
    other_low, other_high = np.min(other, axis=0), np.max(other, axis=0)
    gap = np.maximum(low - other_high, other_low - high)
    return bool(gap.max() > TOUCH_M)


def _points_along(a: Point, b: Point) -> list[Point]:
    count = max(2, int(np.hypot(b[0] - a[0], b[1] - a[1]) / 0.5))
    shares = (np.arange(count) + 0.5) / count
    return [(a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])) for s in map(float, shares)]
