"""What is worth a second look: the highest of a blow, felt at the device's own rate."""

from __future__ import annotations

import numpy as np

from detectors.dsp.samples import FloatArray, IntArray

TRIGGER_G = 1.6
"""Everyday movement reaches it some dozens of times an hour; a trigger of 2.5 g misses falls."""
DOMINANT_S = 0.5
"""A body bounces: the highest blow within this long to either side stands for all of them."""


def reach(odr_hz: float, dominant_s: float = DOMINANT_S) -> int:
    """Return how many samples to either side a peak must dominate."""
    return max(1, round(dominant_s * odr_hz))


def peaks(
    magnitude: FloatArray,
    odr_hz: float,
    trigger_g: float = TRIGGER_G,
    dominant_s: float = DOMINANT_S,
) -> IntArray:
    """Return the indices of the peaks that are candidates for an impact.

    A candidate is at least `trigger_g`, higher than all within `dominant_s` before it, and at least
    as high as all within `dominant_s` after it: of equal peaks, as a clipped sensor shows them, it
    is the first. Beyond the ends nothing was measured, and nothing is higher there.

    Parameters
    ----------
    magnitude
        Signal vector magnitude, shape (n,), in g; NaN where nothing was measured.

    Examples
    --------
    >>> peaks(np.array([1.0, 1.0, 4.0, 4.0, 1.0, 1.0, 1.0, 1.7, 1.0]), odr_hz=4).tolist()
    [2, 7]
    """
    wide = reach(odr_hz, dominant_s)
    known = np.fmax(magnitude, 0)  # NaN is no peak
    loud = np.flatnonzero(known >= trigger_g)
    if not len(loud):
        return loud
    before = known[np.maximum(loud - 1, 0)]
    after = known[np.minimum(loud + 1, len(known) - 1)]
    tops = loud[((before < known[loud]) | (loud == 0)) & (after <= known[loud])]
    found = [
        at
        for at in tops.tolist()
        if (not at or known[max(0, at - wide) : at].max() < known[at])
        and known[at : at + wide + 1].max() <= known[at]
    ]
    return np.asarray(found, np.int64)
