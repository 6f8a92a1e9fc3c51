"""The fall detector as an obvious loop over single samples: what a first version looks like.

The same trigger and the same model; neither gaps nor changes of rate, neither aftermath nor late
blocks.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import numpy as np

from detectors.fall.model import CONTEXT_S, LATE, STAGES, FallModel, Stage
from detectors.fall.trigger import DOMINANT_S, TRIGGER_G

Sample = tuple[float, float, float]

THRESHOLD = 0.5
REST_S = 3.0


class Looks:
    """What waits to be looked at by the model, once there are samples enough after it."""

    def __init__(self, odr_hz: float, model: FallModel) -> None:
        self._odr_hz = odr_hz
        self._model = model
        self._waiting: deque[tuple[int, Stage, int]] = deque()
        self._quiet_until = 0
        self.count = 0

    def add(self, index: int) -> None:
        """Note a candidate."""
        for stage in STAGES:
            due = index + math.ceil(stage.after_s * self._odr_hz)
            self._waiting.append((due, stage, index))

    def due(self, index: int, samples: deque[Sample]) -> int | None:
        """Look at what is due at the newest sample; return the index of an impact of a fall."""
        fell: int | None = None
        for _ in range(len(self._waiting)):
            due, stage, peak = self._waiting.popleft()
            if due > index:
                self._waiting.append((due, stage, peak))
                continue
            self.count += 1
            seen = round(CONTEXT_S * self._odr_hz) + due - peak + 1
            accel = np.asarray(samples, np.float32)[-seen:]
            score = self._model.score(accel, self._odr_hz, len(accel) - 1 - (due - peak), stage)
            if score >= THRESHOLD and peak >= self._quiet_until:
                self._quiet_until = peak + round(REST_S * self._odr_hz)
                fell = peak
        return fell


class PerSampleFall:
    """One device's samples in, impacts of falls out, one at a time."""

    def __init__(self, odr_hz: float, model: FallModel) -> None:
        self._reach = round(DOMINANT_S * odr_hz)
        kept = round((CONTEXT_S + LATE.after_s) * odr_hz) + 2
        self._samples: deque[Sample] = deque(maxlen=kept)
        self._magnitudes: deque[float] = deque(maxlen=2 * self._reach + 1)
        self._count = 0
        self._over_at = -1
        self.looks = Looks(odr_hz, model)

    def add(self, sample: Sample) -> int | None:
        """Take one sample; return the index of an impact that has just proved to be a fall."""
        x, y, z = sample
        magnitude = math.sqrt(x * x + y * y + z * z)
        self._samples.append(sample)
        self._magnitudes.append(magnitude)
        if magnitude >= TRIGGER_G:
            self._over_at = self._count
        self._count += 1
        index = self._count - 1 - self._reach
        if index >= 0 and self._over_at >= index:
            at = len(self._magnitudes) - 1 - self._reach
            peak = self._magnitudes[at]
            if peak >= TRIGGER_G and peak >= max(self._magnitudes):
                self.looks.add(index)
        return self.looks.due(self._count - 1, self._samples)


def falls(samples: Iterable[Sample], odr_hz: float, model: FallModel) -> list[int]:
    """Return the sample indices of the impacts that were falls."""
    detector = PerSampleFall(odr_hz, model)
    return [index for sample in samples if (index := detector.add(sample)) is not None]
