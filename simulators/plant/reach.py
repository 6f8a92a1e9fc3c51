"""Which badge is near which antenna, and who is in a doorway: looked up anew for who has moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SLACK_M = 0.5
"""Who has come less far than this is looked up again later: so much more than the range counts."""


class Reach:
    """All badges and all antennas. Call `near` once for each step of their ways."""

    def __init__(self, antennas_m: Floats, range_m: float) -> None:
        self._antennas_m, self._reach_m = antennas_m, range_m + SLACK_M
        self._way_m = np.empty(0, dtype=np.float32)
        self._tag = self._antenna = np.empty(0, dtype=np.int64)

    def near(self, at_m: Floats, moved_m: Floats) -> tuple[Ints, Ints]:
        """Return tags and antennas in pairs, in order of the tags: all that are within range."""
        if len(self._way_m) != len(at_m):
            self._way_m = np.full(len(at_m), np.inf, dtype=np.float32)
        self._way_m += moved_m
        moved = self._way_m >= (SLACK_M if np.isfinite(self._reach_m) else np.inf)
        if moved.any():
            who = np.flatnonzero(moved)
            x = self._antennas_m[:, 0] - at_m[who, 0, None]
            y = self._antennas_m[:, 1] - at_m[who, 1, None]
            row, antenna = np.nonzero(x * x + y * y < self._reach_m**2)
            kept = ~moved[self._tag]
            tag = np.concatenate([self._tag[kept], who[row]])
            order = np.argsort(tag, kind="stable")
            self._tag = tag[order]
            self._antenna = np.concatenate([self._antenna[kept], antenna])[order]
            self._way_m[moved] = 0
        return self._tag, self._antenna


class Doorways:
    """Who stands in a doorway. Call `inside` once for each step of their ways."""

    def __init__(self, doors_m: Floats, doorway_m: float) -> None:
        self._doors_m, self._doorway_m = doors_m, doorway_m
        self._inside = np.empty(0, dtype=bool)

    def inside(self, at_m: Floats, moved_m: Floats) -> NDArray[np.bool_]:
        """Return for each badge whether it is in one."""
        who = np.flatnonzero(moved_m > 0)
        if len(self._inside) != len(at_m):
            who, self._inside = np.arange(len(at_m)), np.zeros(len(at_m), dtype=bool)
        x = np.abs(self._doors_m[:, 0] - at_m[who, 0, None])
        y = np.abs(self._doors_m[:, 1] - at_m[who, 1, None])
        self._inside[who] = (np.maximum(x, y) < self._doorway_m).any(axis=1)
        return self._inside
