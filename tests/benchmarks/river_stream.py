"""The same rule on river's statistics, a sample at a time, as a streaming library would have it."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from river import stats, utils

from tests.benchmarks.per_sample import (
    DOMINANT_S,
    IMPACT_G,
    POSTURE_AFTER_S,
    POSTURE_FOR_S,
    REST_S,
    UPRIGHT_FROM_S,
    UPRIGHT_G,
    UPRIGHT_TO_S,
    Sample,
)


class RiverFall:
    """Rolling maximum, rolling means, and delays between them."""

    def __init__(self, odr_hz: float) -> None:
        reach = round(DOMINANT_S * odr_hz)
        average = round(POSTURE_FOR_S * odr_hz)
        self._lag = round(POSTURE_AFTER_S * odr_hz) + average
        self._rest = round(REST_S * odr_hz)
        window = round((UPRIGHT_FROM_S - UPRIGHT_TO_S) * odr_hz)
        self._highest: Any = stats.RollingMax(2 * reach + 1)
        self._since_highest: deque[float] = deque(maxlen=self._lag - reach + 1)
        self._magnitudes: deque[float] = deque(maxlen=self._lag + 1)
        self._after: list[Any] = [utils.Rolling(stats.Mean(), average) for _ in range(3)]
        self._before: list[Any] = [utils.Rolling(stats.Mean(), window) for _ in range(3)]
        self._delay: deque[Sample] = deque(maxlen=self._lag + round(UPRIGHT_TO_S * odr_hz) + 1)
        self._count = 0
        self._quiet_until = 0

    def add(self, sample: Sample) -> int | None:
        """Take one sample; return the index of an impact that has just proved to be a fall."""
        magnitude = math.sqrt(sum(v * v for v in sample))
        self._magnitudes.append(magnitude)
        self._highest.update(magnitude)
        self._since_highest.append(self._highest.get())
        for mean, value in zip(self._after, sample, strict=True):
            mean.update(value)
        self._delay.append(sample)
        if len(self._delay) == self._delay.maxlen:
            for mean, value in zip(self._before, self._delay[0], strict=True):
                mean.update(value)
        self._count += 1
        index = self._count - 1 - self._lag
        if index < self._quiet_until or len(self._magnitudes) <= self._lag:
            return None
        peak = self._magnitudes[0]
        if peak < IMPACT_G or self._since_highest[0] > peak:
            return None
        before = [mean.get() for mean in self._before]
        after = [mean.get() for mean in self._after]
        norm = math.sqrt(sum(v * v for v in before)) or 1.0
        if sum(a * b for a, b in zip(before, after, strict=True)) / norm > UPRIGHT_G:
            return None
        self._quiet_until = index + self._rest
        return index
