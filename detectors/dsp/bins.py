"""Samples summed up a second at a time, on a grid that does not depend on how blocks were cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from contract.imu import ImuBlock
from contract.instants import seconds
from detectors.dsp.samples import FloatArray, IntArray, accel_g, t_ns

BIN_S = 1.0
BRIDGED_S = 0.2
"""So short a gap is passed over: the bin then spans a little more than its second."""
SAME_RATE = 0.02
"""A device that measures its own rate never says quite the same twice. That is no new rate."""


@dataclass(frozen=True, slots=True)
class Bin:
    """A second of samples, with what is left of it in any orientation of the device."""

    begin_ns: int
    end_ns: int
    count: int
    mean_g: tuple[float, float, float]
    spread_g: float
    """Root of the sum of the three axes' variances: turning shows in it as well as a jolt."""
    gap_s: float
    """How long before it nothing was measured."""
    accel: FloatArray = field(repr=False, compare=False)
    """The samples themselves, (count, 3) in g."""

    def at_ns(self, index: int) -> int:
        """Return the time of a sample."""
        return self.begin_ns + (self.end_ns - self.begin_ns) * index // (self.count - 1)


@dataclass(frozen=True, slots=True)
class Binned:
    """The samples of the bin that is not full yet. Arrays are never written to once here."""

    odr_hz: float = 0.0
    tail: FloatArray = field(default_factory=lambda: np.empty((0, 3), np.float32))
    begin_ns: int = 0
    """Time of the tail's first sample."""
    last_ns: int | None = None
    """Time of the newest sample."""
    gap_s: float = 0.0

    def add(self, block: ImuBlock) -> tuple[Binned, tuple[Bin, ...]]:
        """Return what is left over after one more block, and the bins that it filled."""
        accel, time_ns = accel_g(block), t_ns(block)
        now = self._joining(block.odr_hz, int(time_ns[0]))
        size = max(2, round(BIN_S * now.odr_hz))
        held = len(now.tail)
        accel = np.concatenate((now.tail, accel))
        whole = len(accel) // size
        bins = tuple(_bins(now, accel, time_ns, whole, size))
        used = whole * size
        left = Binned(
            odr_hz=now.odr_hz,
            tail=accel[used:].copy(),
            begin_ns=_time(now, time_ns, used - held) if used < len(accel) else 0,
            last_ns=int(time_ns[-1]),
            gap_s=0.0 if bins else now.gap_s,
        )
        return left, bins

    def _joining(self, odr_hz: float, at_ns: int) -> Binned:
        """Return what the next block's samples may be joined to."""
        if self.last_ns is None:
            return Binned(odr_hz)
        missing_s = max(0.0, seconds(at_ns - self.last_ns) - 1 / odr_hz)
        same = abs(odr_hz - self.odr_hz) <= SAME_RATE * self.odr_hz
        if same and missing_s <= BRIDGED_S:
            return self
        dropped_s = len(self.tail) / self.odr_hz
        return Binned(self.odr_hz if same else odr_hz, gap_s=self.gap_s + dropped_s + missing_s)


def _time(before: Binned, time_ns: IntArray, index: int) -> int:
    """Return the time of a sample, counted from the block's first. Only the tail's first is < 0."""
    return before.begin_ns if index < 0 else int(time_ns[index])


def _bins(
    before: Binned, accel: FloatArray, time_ns: IntArray, whole: int, size: int
) -> Iterator[Bin]:
    held = len(before.tail)
    for number in range(whole):
        # One bin at a time: sums over several at once may round differently.
        part = accel[number * size : (number + 1) * size]
        mean = part.mean(axis=0, dtype=np.float64)
        x, y, z = mean.tolist()
        yield Bin(
            begin_ns=_time(before, time_ns, number * size - held),
            end_ns=_time(before, time_ns, (number + 1) * size - 1 - held),
            count=size,
            mean_g=(x, y, z),
            spread_g=float(np.sqrt(np.square(part - mean).sum() / size)),
            gap_s=before.gap_s if number == 0 else 0.0,
            accel=part,
        )
