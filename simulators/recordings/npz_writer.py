"""Writes trials as a set in the `recordings/imu` format, which `npz` reads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PEAK_NEAR_S = 2.0
"""The impact of a claimed fall is looked for so near to the claim: whoever gets up, or is lifted,
may shake the sensor more than the fall did."""


@dataclass(frozen=True, eq=False)
class Counts:
    """A trial in the sensor's own counts, as it is to be kept."""

    accel_i16: NDArray[np.int16] = field(repr=False)
    """(n, 3)"""
    odr_hz: float
    subject: str
    activity: str
    trial: int
    is_fall: bool
    claimed_at_s: float | None = None
    """When a detector said that it fell, from the first sample."""
    range_g: float | None = None

    @property
    def peak(self) -> int:
        """The sample of greatest magnitude; near the claim, where there is one and it is a fall."""
        squares = np.square(self.accel_i16.astype(np.float64)).sum(axis=1)
        first, last = 0, len(squares)
        if self.is_fall and self.claimed_at_s is not None:
            first = max(0, math.floor((self.claimed_at_s - PEAK_NEAR_S) * self.odr_hz))
            last = min(last, math.ceil((self.claimed_at_s + PEAK_NEAR_S) * self.odr_hz) + 1)
        if first >= last:
            first, last = 0, len(squares)
        return first + int(squares[first:last].argmax())


def counts(raw: bytes) -> NDArray[np.int16]:
    """Return little-endian int16 triples as an array (n, 3)."""
    return np.frombuffer(raw, "<i2").astype(np.int16).reshape(-1, 3)


def write(path: Path, trials: Sequence[Counts], step_g: float, meta: Mapping[str, str]) -> None:
    """Write trials that share one step into one file. No annotation of onset or end is made up."""
    lengths = np.array([len(trial.accel_i16) for trial in trials], np.int32)
    peaks = [trial.peak for trial in trials]
    unknown = np.full(len(trials), np.nan, np.float32)
    np.savez_compressed(
        path,
        acc=np.concatenate([trial.accel_i16 for trial in trials]),
        acc_scale=np.float32(step_g),
        start=np.r_[0, np.cumsum(lengths)[:-1]].astype(np.int32),
        length=lengths,
        fs=np.array([trial.odr_hz for trial in trials], np.float32),
        subject=np.array([trial.subject for trial in trials]),
        activity=np.array([trial.activity for trial in trials]),
        trial=np.array([trial.trial for trial in trials], np.int16),
        is_fall=np.array([trial.is_fall for trial in trials]),
        onset_s=unknown,
        end_s=unknown,
        range_g=np.array([trial.range_g or math.nan for trial in trials], np.float32),
        peak_idx=np.array(peaks, np.int32),
        peak_g=np.array(
            [
                np.linalg.norm(trial.accel_i16[peak].astype(np.float64)) * step_g
                for trial, peak in zip(trials, peaks, strict=True)
            ],
            np.float32,
        ),
        meta=np.array(json.dumps(dict(meta))),
    )
