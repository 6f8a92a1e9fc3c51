"""How far somebody fell: from how long nothing carried them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.dsp.samples import FloatArray, magnitude_g

FREE_FALL_G = 0.5
"""Below this nothing carries the body. Kangas' 0.6 g finds a fall's beginning, but walking down
stairs dips as low; a height is claimed from the stricter value."""
STRICTER_G, LOOSER_G = 0.35, 0.65
"""How much the time depends on the threshold is seen by moving it this far."""
WITHIN_S = 2.0
"""A free fall of two seconds is one of 20 m; nobody needs to be told how high that was."""
ENDS_S = 0.4
"""A dip that ended longer before the impact belongs to an earlier stride, not to the fall."""
GRAVITY_M_S2 = 9.80665

BoolArray = npt.NDArray[np.bool_]


class FreeFall(NamedTuple):
    """The time for which nothing carried the body before an impact, and the height that it gives.

    h = g·t²/2, so an error of δt in the time is one of g·t·δt in the height. δt is one sample – the
    fall began and ended somewhere between two – and half of what the time changes when the
    threshold of 0.5 g is moved to 0.35 g and 0.65 g. What that leaves out: who slides down a ladder
    or holds on is carried in part and fell further than this says; so does who tumbles, for turning
    is felt as weight. Who jumps off was in the air longer than they fell.
    """

    began: int
    """Samples before the impact at which it began; 0 if there was none."""
    lasted_s: float = 0.0
    uncertain_s: float = 0.0

    @property
    def height_m(self) -> float:
        """How far the body fell freely."""
        return 0.5 * GRAVITY_M_S2 * self.lasted_s**2

    @property
    def plus_minus_m(self) -> float:
        """The height's uncertainty."""
        return GRAVITY_M_S2 * self.lasted_s * self.uncertain_s


def free_fall(accel: FloatArray, odr_hz: float) -> FreeFall:
    """Return the free fall in the samples before an impact, (n, 3) in g, of which it is the end."""
    before = magnitude_g(accel[-max(1, round(WITHIN_S * odr_hz)) :]) if len(accel) else None
    if before is None:
        return FreeFall(0)
    began, count = _longest_dip(before < FREE_FALL_G, round(ENDS_S * odr_hz))
    if not count:
        return FreeFall(0)
    begin = len(before) - began
    strict = int((before[begin : begin + count] < STRICTER_G).sum())
    loose = _around(before <= LOOSER_G, begin, begin + count)
    uncertain = 1 + (loose - strict) / 2
    return FreeFall(began, count / odr_hz, uncertain / odr_hz)


def _longest_dip(low: BoolArray, ends_within: int) -> tuple[int, int]:
    """Return how far from the end the longest run of True begins, and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], low, [False]])))
    starts, ends = edges[::2], edges[1::2]
    recent = ends >= len(low) - ends_within
    starts, ends = starts[recent], ends[recent]
    if not len(ends):
        return 0, 0
    best = int((ends - starts).argmax())
    return len(low) - int(starts[best]), int(ends[best] - starts[best])


def _around(low: BoolArray, begin: int, end: int) -> int:
    """Return how long the run is that holds samples `begin` to `end`."""
    while begin and low[begin - 1]:
        begin -= 1
    while end < len(low) and low[end]:
        end += 1
    return end - begin
