"""What else a device would have measured of the same impact: other axes, ranges, rates, errors."""

from __future__ import annotations

import numpy as np

from detectors.dsp.samples import FloatArray

GAIN_SD = 0.06
"""Of sensors that nobody calibrated: one set at hand is 5 % off."""
OFFSET_SD_G = 0.03
NOISE_SD_G = 0.02
RANGES_G = (2.5, 4.0, 4.0, 8.0, 16.0)
CLIPPED_SHARE = 0.5
SLOWER = (2, 3)
"""A half and a third of 50 Hz: what a device of 25 or 17 Hz knows of it."""
SLOWER_SHARE = 0.3
SHIFT_LEN = 2
"""A peak may be found this many fiftieths of a second off, on a sensor of another rate."""


def augmented(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return windows (n, t, 3) as other devices might have measured them, in any orientation."""
    n = len(samples)
    found = np.einsum("nij,ntj->nti", _rotations(n, rng), samples)
    found *= 1 + GAIN_SD * rng.standard_normal((n, 1, 1), np.float32)
    found += OFFSET_SD_G * rng.standard_normal((n, 1, 3), np.float32)
    for step in SLOWER:
        chosen = np.flatnonzero(rng.random(n) < SLOWER_SHARE / len(SLOWER))
        found[chosen] = _slower(found[chosen], step)
    limit = rng.choice(np.array(RANGES_G, np.float32), (n, 1, 1))
    clipped = rng.random((n, 1, 1)) < CLIPPED_SHARE
    found = np.where(clipped, np.clip(found, -limit, limit), found)
    noise_g = NOISE_SD_G * rng.random((n, 1, 1), np.float32)
    found += noise_g * rng.standard_normal(found.shape, np.float32)
    shifts = rng.integers(-SHIFT_LEN, SHIFT_LEN + 1, n)
    for shift in np.unique(shifts):
        found[shifts == shift] = np.roll(found[shifts == shift], shift, axis=1)
    return found.astype(np.float32)


def _rotations(n: int, rng: np.random.Generator) -> FloatArray:
    """Return n rotations (n, 3, 3), evenly spread over all there are: unit quaternions."""
    q = rng.standard_normal((n, 4)).astype(np.float32)
    a, b, c, d = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    rows = (
        (1 - 2 * (c * c + d * d), 2 * (b * c - d * a), 2 * (b * d + c * a)),
        (2 * (b * c + d * a), 1 - 2 * (b * b + d * d), 2 * (c * d - b * a)),
        (2 * (b * d - c * a), 2 * (c * d + b * a), 1 - 2 * (b * b + c * c)),
    )
    return np.moveaxis(np.array(rows, np.float32), 2, 0)


def _slower(samples: FloatArray, step: int) -> FloatArray:
    """Return windows as every `step`-th sample and the lines between them."""
    t = samples.shape[1]
    low = np.arange(t) // step * step
    high = np.minimum(low + step, t - 1)
    part = ((np.arange(t) - low) / step).astype(np.float32)[:, None]
    return samples[:, low] * (1 - part) + samples[:, high] * part
