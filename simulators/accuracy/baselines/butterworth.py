"""A Butterworth low-pass filter in blocks, exact, without a loop over samples.

An analogue Butterworth filter of order N has its poles evenly spaced on the left half of a circle,
and falls into N / 2 second-order sections with quality 1 / (2 cos θ), θ = π (2 k + 1) / (2 N). The
bilinear transform s = (1 - z⁻¹) / (1 + z⁻¹) / tan(π f / rate), which keeps the corner frequency
where it was, turns a section 1 / (s² + s / Q + 1) into, with K = tan(π f / rate),

    b0 = b2 = K² / (1 + K / Q + K²),  b1 = 2 b0
    a1 = 2 (K² - 1) / (1 + K / Q + K²),  a2 = (1 - K / Q + K²) / (1 + K / Q + K²)

(A.V. Oppenheim & R.W. Schafer, Discrete-Time Signal Processing, on the design of IIR filters by
bilinear transformation.)

A section over a block of n samples is linear in the samples and in what it remembers: its response
to the samples is a convolution with its impulse response, to its two remembered values a matrix of
n × 2. Both are the recursion's own numbers, so nothing is cut off or approximated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Section:
    """y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]."""

    b: tuple[float, float, float]
    a: tuple[float, float]

    @property
    def at_rest(self) -> tuple[float, float]:
        """What it remembers of an endless input of 1; its gain at rest is 1."""
        second = self.b[2] - self.a[1]
        return self.b[1] - self.a[0] + second, second

    def recursion(self, x: Samples, memory: tuple[float, float]) -> tuple[Samples, Samples]:
        """Return the output for `x`, and the memory after it, sample by sample."""
        first, second = memory
        out = []
        for value in x.tolist():
            y = self.b[0] * value + first
            first = self.b[1] * value - self.a[0] * y + second
            second = self.b[2] * value - self.a[1] * y
            out.append(y)
        return np.asarray(out), np.asarray([first, second])


@lru_cache(maxsize=16)
def low_pass(order: int, corner_hz: float, odr_hz: float) -> tuple[Section, ...]:
    """Return the sections of a low-pass filter of even order.

    The corner is at most 0.45 of the rate: beyond that there is nothing left to take away.
    """
    k = math.tan(math.pi * min(corner_hz / odr_hz, 0.45))
    sections = []
    for i in range(order // 2):
        damping = 2 * math.cos(math.pi * (2 * i + 1) / (2 * order))
        scale = 1 + k * damping + k * k
        b0 = k * k / scale
        sections.append(
            Section((b0, 2 * b0, b0), (2 * (k * k - 1) / scale, (1 - k * damping + k * k) / scale))
        )
    return tuple(sections)


def run(
    sections: tuple[Section, ...], x: Samples, memory: Samples | None
) -> tuple[Samples, Samples]:
    """Return samples (n, channels) filtered, and the memory (sections, 2, channels) after them.

    Without a memory the filter has been at rest at the first sample for ever.
    """
    if memory is None:
        memory = np.asarray([np.outer(section.at_rest, x[0]) for section in sections])
    after = []
    for section, remembered in zip(sections, memory, strict=True):
        impulse, onto_memory, from_memory, decay = _responses(section, len(x))
        after.append(onto_memory @ x + decay @ remembered)
        driven = [np.convolve(channel, impulse)[: len(x)] for channel in x.T]
        x = np.stack(driven, axis=1) + from_memory @ remembered
    return x, np.asarray(after)


@lru_cache(maxsize=64)
def _responses(section: Section, count: int) -> tuple[Samples, Samples, Samples, Samples]:
    """Return what `count` samples do.

    The impulse response (count,), the samples' effect on the memory (2, count), the memory's on the
    output (count, 2) and on itself (2, 2).
    """
    impulse, _ = section.recursion(np.eye(1, count)[0], (0.0, 0.0))
    nothing = np.zeros(count)
    by_first, first_after = section.recursion(nothing, (1.0, 0.0))
    by_second, second_after = section.recursion(nothing, (0.0, 1.0))
    step = np.asarray([[-section.a[0], 1.0], [-section.a[1], 0.0]])
    effect = np.asarray(
        [section.b[1] - section.a[0] * section.b[0], section.b[2] - section.a[1] * section.b[0]]
    )
    columns = np.empty((2, count))
    for i in range(count - 1, -1, -1):  # a sample's effect fades with every sample after it
        columns[:, i] = effect
        effect = step @ effect
    return (
        impulse,
        columns,
        np.stack((by_first, by_second), axis=1),
        np.stack((first_after, second_after), axis=1),
    )
