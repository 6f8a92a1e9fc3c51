"""Which way was up, and how far a body has turned from it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from detectors.dsp.samples import FloatArray
from detectors.fall.stream import Moved, Stream

Vector = tuple[float, float, float]

LEARNED_S = (8.0, 1.0)
"""The vertical is the mean from so long before an impact until so long before it …"""
EARLY_S = (1.6, 0.3)
"""… or what there is of this, and `PART_S` at least, when the stream began only just before."""
PART_S = 0.5
"""A gap spoils half a second of it, not all."""
UPRIGHT_DEG = 37.0
"""Bent over by more is no longer standing. SisFall's people lie at 92° ± 12° after a fall."""


class Upright(NamedTuple):
    """The vertical of somebody who fell. It holds until they are up again.

    Without it whoever lies for ten seconds and gets up would fall a second time: lying would be
    taken for upright, and standing for a fall.
    """

    up: Vector | None
    until: int | None = None
    """Index of the sample by which they were up again or no longer watched; None while down."""
    stood_from: int = 0
    """From here on the vertical may be learnt again."""

    def moved_to(self, to: Moved) -> Upright:
        """Return the same on the grid of another rate."""
        if self.until is None:
            return self
        return Upright(self.up, to(self.until), to(self.stood_from))

    def vertical(self, stream: Stream, index: int) -> Vector | None:
        """Return which way was up before an impact at sample `index`, or None."""
        if self.until is None or index <= self.until:
            return self.up
        return learned(stream, index, self.stood_from)


def learned(stream: Stream, index: int, since: int = 0) -> Vector | None:
    """Return the mean acceleration before an impact at sample `index`, or None if there is none."""
    size = max(1, stream.samples(PART_S))
    end = index - stream.samples(LEARNED_S[1])
    low = max(stream.first, since, index - stream.samples(LEARNED_S[0]))
    count = (end - low) // size
    if count > 0:
        parts = stream.window(end - count * size, end).reshape(count, size, 3)
        whole = parts[~np.isnan(parts[:, :, 0]).any(axis=1)]
        if len(whole):
            return _mean(whole.reshape(-1, 3))
    low, end = (index - stream.samples(s) for s in EARLY_S)
    early = measured(stream.window(max(stream.first, low), max(stream.first, end)))
    # A stream that begins in mid-fall, as after a restart, shows no upright: nobody who was taken
    # to stand as they fell would ever be up again, and their next fall be part of this one.
    return _mean(early) if len(early) >= size else None


def lying(stream: Stream, begin: int, end: int) -> Vector | None:
    """Return the mean acceleration from sample `begin` to `end`, or None if none was measured."""
    return _mean(measured(stream.window(begin, end)))


def measured(accel: FloatArray) -> FloatArray:
    """Return the samples that are no gap."""
    kept: FloatArray = accel[~np.isnan(accel[:, 0])]
    return kept


def tilt_deg(a: Vector | None, b: Vector | None) -> float | None:
    """Return the angle between two directions, None when one is not known.

    >>> round(tilt_deg((0.0, 0.0, 1.0), (0.0, 2.0, 0.0)))
    90
    """
    if a is None or b is None:
        return None
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    cosine = dot / max(1e-9, math.hypot(*a) * math.hypot(*b))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _mean(accel: FloatArray) -> Vector | None:
    if not len(accel):
        return None
    x, y, z = accel.mean(axis=0, dtype=np.float64).tolist()
    return x, y, z
