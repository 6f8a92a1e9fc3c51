"""Polygons: whether they hold together, and whether a point lies within. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

Point = tuple[float, float]
Polygon = tuple[Point, ...]


def flaw(polygon: Sequence[Point]) -> str | None:
    """Return in words why a polygon encloses no clear area, or None.

    >>> flaw(((0, 0), (4, 4), (4, 0), (0, 4)))
    'it crosses itself between its sides 1 and 3'
    """
    if len(polygon) < 3:
        return f"it has {len(polygon)} corners; at least 3 are needed"
    sides = [(a, polygon[(n + 1) % len(polygon)]) for n, a in enumerate(polygon)]
    for n, (a, b) in enumerate(sides):
        if a == b:
            return f"its corner {n + 1} is there twice in a row"
    for n, one in enumerate(sides):
        for k in range(n + 1, len(sides)):
            beside = k == n + 1 or (n == 0 and k == len(sides) - 1)
            if not beside and _meet(*one, *sides[k]):
                return f"it crosses itself between its sides {n + 1} and {k + 1}"
    if area(polygon) <= 0:
        return "it has no area"
    return None


def area(polygon: Sequence[Point]) -> float:
    """Return the area that a polygon encloses."""
    twice = sum(
        a[0] * b[1] - b[0] * a[1]
        for a, b in zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)
    )
    return abs(twice) / 2


def contains(polygon: Sequence[Point], at: Point) -> bool:
    """Whether a point lies in a polygon (its edges belong to it)."""
    return depth(polygon, at) >= 0


def depth(polygon: Sequence[Point], at: Point) -> float:
    """Return how far inside its edges a point lies; below 0 it is outside by so much.

    >>> depth(((0, 0), (10, 0), (10, 10), (0, 10)), (5, 2))
    2.0
    """
    x, y = at
    inside = False
    nearest = float("inf")
    for (ax, ay), (bx, by) in zip(polygon, (*polygon[1:], *polygon[:1]), strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
        nearest = min(nearest, _squared(at, (ax, ay), (bx, by)))
    away = sqrt(nearest)
    return away if inside else -away


def _squared(at: Point, a: Point, b: Point) -> float:
    """Return the squared distance of a point from a side."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    return (at[0] - a[0] - along * dx) ** 2 + (at[1] - a[1] - along * dy) ** 2


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the sides a-b and c-d have a point in common."""
    one, two = _turn(a, b, c), _turn(a, b, d)
    three, four = _turn(c, d, a), _turn(c, d, b)
    if one * two < 0 and three * four < 0:
        return True
    return any(
        turn == 0 and _between(p, q, at)
        for turn, p, q, at in ((one, a, b, c), (two, a, b, d), (three, c, d, a), (four, c, d, b))
    )


def _between(p: Point, q: Point, at: Point) -> bool:
    return all(min(p[k], q[k]) <= at[k] <= max(p[k], q[k]) for k in (0, 1))
