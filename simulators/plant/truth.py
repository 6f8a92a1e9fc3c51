"""What really happened: who stood in which hazard zone without authority, from when to when.

What counts was settled before any detector was run on the plant:

- A **visit** is the time that somebody is in a hazard zone that they may not be in, or within
  `EDGE_M` outside it. Two visits with less than `APART_S` between them are one.
- A visit with a stay inside of `STAY_S` or more, that comes `EDGE_M` deep, is a **breach**: it must
  be found, once. It begins when that stay does; if the visit has several, when the first does.
- Any other visit is a **graze** and counts neither way, as in the recordings of cameras
  (`score: false`).

`EDGE_M` is half a body and an arm: no badge tells on which side of a line a person is whose badge
is that near. `STAY_S` is how long a crossing may take to be followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contract.severity import Hazard
from simulators.plant.layout import Box

Floats = NDArray[np.float64]

STAY_S = 3.0
EDGE_M = 0.75
APART_S = 10.0
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in a hazard zone where they may not be, or at its very edge."""

    person: str
    zone: str
    hazard: Hazard
    from_s: float
    until_s: float
    """At the edge or inside, from first to last."""
    breach_s: float | None
    """When the breach begins, None for a graze."""
    left_s: float
    """When they were inside for the last time; `until_s` if they never were."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody came from one zone into the next, and stayed there for `STAY_S` or more."""

    person: str
    zone: str
    at_s: float
    until_s: float


def depth_m(box: Box, at_m: Floats) -> Floats:
    """Return how deep inside a box places are; outside it is negative.

    >>> depth_m((0, 0, 10, 4), np.array([[5.0, 1.0], [13.0, 8.0]])).tolist()
    [1.0, -5.0]
    """
    x0, y0, x1, y1 = box
    x = np.minimum(at_m[:, 0] - x0, x1 - at_m[:, 0])
    y = np.minimum(at_m[:, 1] - y0, y1 - at_m[:, 1])
    outside = np.hypot(np.minimum(x, 0), np.minimum(y, 0))
    return np.asarray(np.where(outside > 0, -outside, np.minimum(x, y)))


def visits(person: str, at_m: Floats, zone: str, hazard: Hazard, box: Box) -> Iterator[Visit]:
    """Yield somebody's visits to a zone that is forbidden to them; places are `STEP_S` apart."""
    deep_m = depth_m(box, at_m)
    for first, last in _runs(deep_m > -EDGE_M, round(APART_S / STEP_S)):
        inside = deep_m[first:last] > 0
        long = [
            (a, b)
            for a, b in _runs(inside, 0)
            if (b - a) * STEP_S >= STAY_S and deep_m[first + a : first + b].max() >= EDGE_M
        ]
        within = np.flatnonzero(inside)
        left = first + int(within[-1]) if len(within) else last - 1
        begins = (first + long[0][0]) * STEP_S if long else None
        yield Visit(
            person, zone, hazard, first * STEP_S, (last - 1) * STEP_S, begins, left * STEP_S
        )


def crossings(person: str, zones: NDArray[np.int64], names: Sequence[str]) -> Iterator[Crossing]:
    """Yield the changes of zone that lasted; `zones` numbers the zone at every `STEP_S`."""
    bounds = [*(np.flatnonzero(np.diff(zones)) + 1), len(zones)]
    for begin, end in pairwise(bounds):
        if (end - begin) * STEP_S >= STAY_S and zones[begin] >= 0:
            yield Crossing(person, names[zones[begin]], begin * STEP_S, end * STEP_S)


def _runs(true: NDArray[np.bool_], join: int) -> list[tuple[int, int]]:
    """Return the runs of True, first included and last not; nearer than `join` are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if runs and first - runs[-1][1] < join:
            runs[-1] = (runs[-1][0], int(last))
        else:
            runs.append((int(first), int(last)))
    return runs
