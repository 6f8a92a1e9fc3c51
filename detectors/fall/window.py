"""What the model sees of an impact: seven channels around it, the same in any orientation.

A device may be worn any way up, sample at any rate and clip at any range. So the seconds around an
impact are brought to one rate, and split into what is along the wearer's vertical and what is
across it; which way the device's axes point is lost on the way, and so is its sampling rate.
"""

from __future__ import annotations

import numpy as np

from detectors.dsp.samples import FloatArray

RATE_HZ = 50.0
CONTEXT_S = 4.0
"""The vertical is the mean from this long before the impact …"""
VERTICAL_TO_S = 1.0
"""… until this long before it."""
BEFORE_S = 2.5
"""The channels begin this long before the impact."""
SMOOTH_LEN = 15
"""Samples of the running mean that stands for gravity: 0.3 s."""
CHANNELS = ("magnitude", "vertical", "across", "smooth", "tilt", "sideways", "change")

_BEGIN = round((CONTEXT_S - BEFORE_S) * RATE_HZ)
_VERTICAL_END = round((CONTEXT_S - VERTICAL_TO_S) * RATE_HZ)
_IMPACT = round(BEFORE_S * RATE_HZ)
_TINY = 1e-3


def length(after_s: float) -> int:
    """Return how many samples `resampled` gives, up to `after_s` after the impact."""
    return round((CONTEXT_S + after_s) * RATE_HZ)


def resampled(accel: FloatArray, odr_hz: float, peak: int, after_s: float) -> FloatArray:
    """Return the samples around an impact at `RATE_HZ`, shape (length(after_s), 3), in g.

    Each is the mean over its fiftieth of a second of the line through what was measured, so no
    sample of a fast sensor is passed over and none of a slow one is repeated. Where nothing was
    measured (NaN, or outside of `accel`), the last value before holds, and before the first, it.

    Parameters
    ----------
    accel
        Shape (n, 3), in g, evenly spaced at `odr_hz`; NaN where nothing was measured.
    peak
        Index of the impact in `accel`.
    """
    step = odr_hz / RATE_HZ
    first = -round(CONTEXT_S * RATE_HZ)
    edges = peak + (np.arange(first, first + length(after_s) + 1) - 0.5) * step
    low = max(0, int(edges[0]) - 1)
    held = _held(accel[low : int(edges[-1]) + 2])
    edges -= low
    last = len(held) - 1
    sums = np.zeros((last + 1, 3))
    np.cumsum((held[1:] + held[:-1]) * 0.5, axis=0, out=sums[1:])
    whole = np.clip(np.floor(edges), 0, last).astype(np.intp)
    part = np.clip(edges, 0, last) - whole
    after = np.minimum(whole + 1, last)
    # The integral of the line: whole samples, then a part of one, then what is held outside.
    slope = held[after] - held[whole]
    integral = sums[whole] + part[:, None] * (held[whole] + 0.5 * part[:, None] * slope)
    integral += np.minimum(edges, 0)[:, None] * held[0]
    integral += np.maximum(edges - last, 0)[:, None] * held[last]
    found: FloatArray = (np.diff(integral, axis=0) / step).astype(np.float32)
    return found


def channels(samples: FloatArray) -> FloatArray:
    """Return what the model sees of resampled windows (…, t, 3): shape (…, 7, t - 75).

    The channels, in g but for the fifth: the magnitude, the part along the vertical, the part
    across it, the magnitude of a running mean, the cosine of that mean's angle to the vertical,
    the part along the direction to which the body gave way, and the change since the sample
    before. What is 1 at rest has 1 taken off.
    """
    up = samples[..., :_VERTICAL_END, :].mean(axis=-2, dtype=np.float64).astype(np.float32)
    up /= np.sqrt(np.square(up).sum(axis=-1, keepdims=True)) + np.float32(_TINY)
    seen = samples[..., _BEGIN:, :]
    vertical = np.einsum("...tc,...c->...t", seen, up)
    across = seen - vertical[..., None] * up[..., None, :]
    smooth = _running_mean(seen)
    smooth_g = _norm(smooth)
    tilt = np.einsum("...tc,...c->...t", smooth, up) / (smooth_g + np.float32(_TINY))
    towards = across[..., _IMPACT:, :].mean(axis=-2)
    towards /= np.sqrt(np.square(towards).sum(axis=-1, keepdims=True)) + np.float32(_TINY)
    change = np.zeros_like(vertical)
    change[..., 1:] = _norm(np.diff(seen, axis=-2))
    found: FloatArray = np.empty((*seen.shape[:-2], len(CHANNELS), seen.shape[-2]), np.float32)
    found[..., 0, :] = _norm(seen) - 1
    found[..., 1, :] = vertical - 1
    found[..., 2, :] = _norm(across)
    found[..., 3, :] = smooth_g - 1
    found[..., 4, :] = tilt - 1
    found[..., 5, :] = np.einsum("...tc,...c->...t", across, towards)
    found[..., 6, :] = change
    return found


def _norm(vectors: FloatArray) -> FloatArray:
    found: FloatArray = np.sqrt(np.einsum("...c,...c->...", vectors, vectors))
    return found


def _running_mean(seen: FloatArray) -> FloatArray:
    """Return the mean of `SMOOTH_LEN` samples around each, the ends held."""
    half = SMOOTH_LEN // 2
    # As `np.pad` with mode "edge", which costs more than all the rest of this.
    held = np.empty((*seen.shape[:-2], seen.shape[-2] + SMOOTH_LEN, 3), seen.dtype)
    held[..., : half + 1, :] = seen[..., :1, :]
    held[..., half + 1 : -half, :] = seen
    held[..., -half:, :] = seen[..., -1:, :]
    sums = np.cumsum(held, axis=-2, dtype=np.float64)
    found: FloatArray = (
        (sums[..., SMOOTH_LEN:, :] - sums[..., :-SMOOTH_LEN, :]) / SMOOTH_LEN
    ).astype(np.float32)
    return found


def _held(accel: FloatArray) -> FloatArray:
    """Return samples without NaN: what was measured last holds, and the first reaches back."""
    known = np.flatnonzero(accel[:, 0] == accel[:, 0])
    if len(known) == len(accel):
        return accel
    if not len(known):
        return np.zeros_like(accel)
    before = np.searchsorted(known, np.arange(len(accel)), side="right") - 1
    return accel[known[np.maximum(before, 0)]]
