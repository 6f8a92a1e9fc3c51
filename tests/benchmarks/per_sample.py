"""The shipped fall rule as an obvious loop over single samples: what a first version looks like."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

Sample = tuple[float, float, float]

IMPACT_G = 2.0
UPRIGHT_G = 0.5
DOMINANT_S = 1.0
POSTURE_AFTER_S = 1.0
POSTURE_FOR_S = 0.4
UPRIGHT_FROM_S = 10.0
UPRIGHT_TO_S = 1.0
REST_S = 3.0


class PerSampleFall:
    """One device's samples in, onsets out, one at a time."""

    def __init__(self, odr_hz: float) -> None:
        self._reach = round(DOMINANT_S * odr_hz)
        self._after = round(POSTURE_AFTER_S * odr_hz)
        self._average = round(POSTURE_FOR_S * odr_hz)
        self._upright_from = round(UPRIGHT_FROM_S * odr_hz)
        self._upright_to = round(UPRIGHT_TO_S * odr_hz)
        self._rest = round(REST_S * odr_hz)
        self._lag = self._after + self._average
        self._kept = self._upright_from + self._lag + 1
        self._samples: deque[Sample] = deque(maxlen=self._kept)
        self._magnitudes: deque[float] = deque(maxlen=self._kept)
        self._count = 0
        self._quiet_until = 0
        self._over_at = -1

    def add(self, sample: Sample) -> int | None:
        """Take one sample; return the index of an impact that has just proved to be a fall."""
        x, y, z = sample
        magnitude = math.sqrt(x * x + y * y + z * z)
        self._samples.append(sample)
        self._magnitudes.append(magnitude)
        self._count += 1
        if magnitude >= IMPACT_G:
            self._over_at = self._count - 1
        index = self._count - 1 - self._lag
        if index < 0 or self._over_at < index or index < self._quiet_until:
            return None
        at = len(self._samples) - 1 - self._lag
        peak = self._magnitudes[at]
        if peak < IMPACT_G:
            return None
        low, high = max(0, at - self._reach), at + self._reach
        if any(self._magnitudes[i] > peak for i in range(low, high + 1)):
            return None
        before = self._mean(max(0, at - self._upright_from), max(1, at - self._upright_to))
        after = self._mean(at + self._after, at + self._after + self._average)
        norm = math.sqrt(sum(v * v for v in before)) or 1.0
        if sum(a * b for a, b in zip(before, after, strict=True)) / norm > UPRIGHT_G:
            return None
        self._quiet_until = index + self._rest
        return index

    def _mean(self, begin: int, end: int) -> Sample:
        x = y = z = 0.0
        for i in range(begin, end):
            a, b, c = self._samples[i]
            x, y, z = x + a, y + b, z + c
        count = max(1, end - begin)
        return x / count, y / count, z / count


def falls(samples: Iterable[Sample], odr_hz: float) -> list[int]:
    """Return the sample indices of the impacts that were falls."""
    detector = PerSampleFall(odr_hz)
    return [index for sample in samples if (index := detector.add(sample)) is not None]
