"""One person's way through the plant: corners with their times, straight lines between them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulators.plant.layout import Box

Point = tuple[float, float]
Floats = NDArray[np.float64]

PACE_M_A_S = (1.0, 1.5)
"""Walking indoors; Bohannon 1997 (Age and Ageing 26, 15-19) has 1.27 to 1.46 as comfortable."""


@dataclass(slots=True)
class Way:
    """Grows by walking and waiting."""

    rng: np.random.Generator
    t_s: list[float]
    at_m: list[Point] = field(default_factory=list)

    @classmethod
    def begin(cls, rng: np.random.Generator, at_m: Point) -> Way:
        """Stand somewhere at time 0."""
        return cls(rng, [0.0], [at_m])

    @property
    def now_s(self) -> float:
        """When the way ends so far."""
        return self.t_s[-1]

    @property
    def here_m(self) -> Point:
        """Where it ends so far."""
        return self.at_m[-1]

    def wait(self, for_s: float) -> None:
        """Stand."""
        self._add(self.now_s + for_s, self.here_m)

    def walk(self, to_m: Point, pace_m_a_s: float | None = None) -> None:
        """Walk straight to a place."""
        pace = pace_m_a_s or float(self.rng.uniform(*PACE_M_A_S))
        way_m = float(np.hypot(to_m[0] - self.here_m[0], to_m[1] - self.here_m[1]))
        if way_m > 0.01:
            self._add(self.now_s + way_m / pace, to_m)

    def potter(self, box: Box, until_s: float) -> None:
        """Work in a place: stand, take some steps, stand again."""
        while self.now_s < until_s:
            self.wait(min(float(self.rng.exponential(12.0)) + 2.0, until_s - self.now_s + 0.01))
            if self.now_s < until_s:
                x, y = np.asarray(self.here_m) + self.rng.normal(0, 1.2, 2)
                self.walk(inside(box, (float(x), float(y)), PLACE_M), 0.9)

    def _add(self, t_s: float, at_m: Point) -> None:
        self.t_s.append(t_s)
        self.at_m.append(at_m)

    def at(self, t_s: Floats) -> tuple[Floats, Floats]:
        """Return where they are and which way they look, each `(n, 2)`."""
        times, corners = np.asarray(self.t_s), np.asarray(self.at_m)
        places = np.stack([np.interp(t_s, times, corners[:, axis]) for axis in (0, 1)], axis=1)
        legs = np.diff(corners, axis=0, append=corners[-1:])
        angle = np.arctan2(legs[:, 1], legs[:, 0])
        walked = np.hypot(legs[:, 0], legs[:, 1]) > 0.01
        # Who stands looks as they came.
        last = np.maximum.accumulate(np.where(walked, np.arange(len(legs)), 0))
        angle = angle[last][np.clip(np.searchsorted(times, t_s, "right") - 1, 0, len(legs) - 1)]
        return places, np.stack([np.cos(angle), np.sin(angle)], axis=1)


PLACE_M = 1.5
"""Work places are so far from the edges of their zone; in a lane or corridor, in its middle."""


def inside(box: Box, at_m: Point, margin_m: float) -> Point:
    """Return the nearest place in a box that is so far from its edges, where there is room.

    >>> inside((0, 0, 10, 4), (12, 2), 1.0)
    (9.0, 2)
    """
    x0, y0, x1, y1 = box
    margin_x, margin_y = min(margin_m, (x1 - x0) / 2), min(margin_m, (y1 - y0) / 2)
    return (
        min(max(at_m[0], x0 + margin_x), x1 - margin_x),
        min(max(at_m[1], y0 + margin_y), y1 - margin_y),
    )


def somewhere(box: Box, rng: np.random.Generator) -> Point:
    """Return a random place to work at."""
    x0, y0, x1, y1 = box
    margin_x, margin_y = min(PLACE_M, (x1 - x0) / 2), min(PLACE_M, (y1 - y0) / 2)
    x, y = rng.uniform((x0 + margin_x, y0 + margin_y), (x1 - margin_x, y1 - margin_y))
    return float(x), float(y)
