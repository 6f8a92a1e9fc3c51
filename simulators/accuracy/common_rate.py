"""Recordings brought to one rate and one band, so that neither can give away what is in them.

In some sets the falls were sampled at another rate than everyday life (WEDA-Fall: 39.7 Hz for the
falls of thirteen people, 49.6 Hz for all else). Whoever looks may tell them apart by that alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulators.recordings.trial import Trial

BAND = 0.4
"""What is kept of the slowest rate: up to a fifth below its half, which a filter needs to fall."""
REACH_CYCLES = 8
"""Of the cut-off, to either side: how much of a recording goes into one sample."""
AT_ONCE = 8192


def at_rate(trials: Sequence[Trial], rate_hz: float) -> list[Trial]:
    """Return trials as one sensor of `rate_hz` would have sampled them.

    What is faster than the slowest trial of its set could tell, or than `rate_hz` can, is taken
    from all of them. Range and step of the sensor stay.
    """
    slowest: dict[str, float] = {}
    for trial in trials:
        slowest[trial.set] = min(slowest.get(trial.set, rate_hz), trial.odr_hz)
    return [_resampled(trial, rate_hz, BAND * slowest[trial.set]) for trial in trials]


def _resampled(trial: Trial, rate_hz: float, cut_hz: float) -> Trial:
    count = max(1, int(len(trial.accel_g) * rate_hz / trial.odr_hz))
    pieces = [
        _piece(trial, np.arange(first, min(count, first + AT_ONCE)) / rate_hz, cut_hz)
        for first in range(0, count, AT_ONCE)
    ]
    accel_g = np.concatenate(pieces)
    if trial.range_g is not None:
        accel_g = np.clip(accel_g, -trial.range_g, trial.range_g)
    return replace(trial, accel_g=accel_g.astype(np.float32), odr_hz=rate_hz)


def _piece(trial: Trial, at_s: NDArray[np.float64], cut_hz: float) -> NDArray[np.float64]:
    """Return the samples (n, 3) at some instants: a windowed sinc over what lies around each."""
    reach_s = REACH_CYCLES / (2 * cut_hz)
    reach = int(np.ceil(reach_s * trial.odr_hz))
    nearest = np.rint(at_s * trial.odr_hz).astype(np.intp)
    taps = nearest[:, None] + np.arange(-reach, reach + 1)
    away_s = taps / trial.odr_hz - at_s[:, None]
    inside = (taps >= 0) & (taps < len(trial.accel_g)) & (np.abs(away_s) <= reach_s)
    hann = 0.5 + 0.5 * np.cos(np.pi * away_s / reach_s)
    weight = np.where(inside, np.sinc(2 * cut_hz * away_s) * hann, 0.0)
    # At either end, and between samples, the weights are made to add up: rest stays rest.
    weight /= weight.sum(axis=1, keepdims=True)
    held = trial.accel_g[np.clip(taps, 0, len(trial.accel_g) - 1)].astype(np.float64)
    found: NDArray[np.float64] = np.einsum("nt,ntc->nc", weight, held)
    return found
