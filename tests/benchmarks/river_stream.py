"""The same on river's rolling statistics, a sample at a time, as a streaming library has it."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from river import stats

from detectors.fall.model import CONTEXT_S, LATE, FallModel
from detectors.fall.trigger import DOMINANT_S, TRIGGER_G
from tests.benchmarks.per_sample import Looks, Sample


class RiverFall:
    """A rolling maximum, the magnitude that it is compared with, and the same model."""

    def __init__(self, odr_hz: float, model: FallModel) -> None:
        self._reach = round(DOMINANT_S * odr_hz)
        kept = round((CONTEXT_S + LATE.after_s) * odr_hz) + 2
        self._samples: deque[Sample] = deque(maxlen=kept)
        self._highest: Any = stats.RollingMax(2 * self._reach + 1)
        self._magnitudes: deque[float] = deque(maxlen=self._reach + 1)
        self._count = 0
        self.looks = Looks(odr_hz, model)

    def add(self, sample: Sample) -> int | None:
        """Take one sample; return the index of an impact that has just proved to be a fall."""
        magnitude = math.sqrt(sum(v * v for v in sample))
        self._samples.append(sample)
        self._magnitudes.append(magnitude)
        self._highest.update(magnitude)
        self._count += 1
        index = self._count - 1 - self._reach
        if index >= 0:
            peak = self._magnitudes[0]
            if peak >= TRIGGER_G and peak >= self._highest.get():
                self.looks.add(index)
        return self.looks.due(self._count - 1, self._samples)
