"""A device's samples as one unbroken stream on a sample grid, however the blocks were cut.

The stream keeps the last few seconds, and a bin every half second for what lies further back. A gap
is filled so that a sample's index stays a measure of time: a short one by a straight line, a longer
one by NaN, so that nothing is ever decided on samples that were not measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from detectors.dsp.samples import FloatArray, IntArray, accel_g, magnitude_g, t_ns

KEPT_S = 6.0
BIN_S = 0.5
BINS_KEPT = 32
PIECE_S = 1.0
BRIDGED_S = 0.2
"""A gap that a straight line may bridge: shorter than any phase of a fall that we look for."""
SAME_RATE = 0.02
"""A device that measures its own rate never says quite the same twice. That is no new rate."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Half a second of samples: the mean acceleration (3,), and how much the magnitude varied."""

    number: int
    """Bins are counted from the stream's first sample."""
    mean_g: tuple[float, float, float]
    spread_g: float
    end_ns: int

    @property
    def whole(self) -> bool:
        """Whether every sample was measured."""
        return self.spread_g == self.spread_g  # NaN is the mark of a gap


@dataclass(frozen=True, slots=True)
class Stream:
    """The samples so far. Arrays are never written to once they are here."""

    odr_hz: float = 0.0
    end: int = 0
    """Index of the sample after the last."""
    accel: FloatArray = field(default_factory=lambda: np.empty((0, 3), np.float32))
    magnitude: FloatArray = field(default_factory=lambda: np.empty(0, np.float32))
    time_ns: IntArray = field(default_factory=lambda: np.empty(0, np.int64))
    bins: tuple[Bin, ...] = ()
    """The latest bins; the last one ends at index `end // bin_len * bin_len`."""

    @property
    def first(self) -> int:
        """Index of the oldest sample that is kept."""
        return self.end - len(self.accel)

    @property
    def bin_len(self) -> int:
        """Samples a bin."""
        return max(1, round(BIN_S * self.odr_hz))

    def samples(self, seconds: float) -> int:
        """Return a duration as a count of samples."""
        return round(seconds * self.odr_hz)

    def pieces(self, block: ImuBlock) -> Iterator[Stream]:
        """Yield the stream after each second or less of `block`, so that nothing is trimmed unseen.

        The block's rate must be that of the stream: see `at_rate`.
        """
        accel, time_ns = accel_g(block), t_ns(block)
        if block.worn is False:
            accel = np.full_like(accel, np.nan)
        accel, time_ns = _joined(self, accel, time_ns)
        stream, size = self, max(1, self.samples(PIECE_S))
        for start in range(0, len(accel), size):
            stream = stream._extended(accel[start : start + size], time_ns[start : start + size])
            yield stream

    def at_rate(self, odr_hz: float) -> Stream:
        """Return the stream on the grid of another rate: what was measured is interpolated.

        Many devices idle slowly and wake at a jolt, so a fall begins at one rate and ends at
        another.
        """
        if not len(self.accel):
            return Stream(odr_hz)
        if abs(odr_hz - self.odr_hz) <= SAME_RATE * self.odr_hz:
            return self
        ratio = odr_hz / self.odr_hz
        whole, rest = divmod(self.end, self.bin_len)
        length = max(1, round(BIN_S * odr_hz))
        end = whole * length + min(length - 1, round(rest * ratio))
        kept = min(end, round(len(self.accel) * ratio))
        last = len(self.accel) - 1
        at = np.clip(last - np.arange(kept - 1, -1, -1) / ratio, 0, last)
        old = np.arange(last + 1)
        axes = [np.interp(at, old, self.accel[:, axis]) for axis in range(3)]
        accel = np.stack(axes, axis=1).astype(np.float32)
        since = np.interp(at, old, (self.time_ns - self.time_ns[-1]).astype(np.float64))
        time_ns = self.time_ns[-1] + np.rint(since).astype(np.int64)
        return Stream(odr_hz, end, accel, magnitude_g(accel), time_ns, self.bins)

    def _extended(self, accel: FloatArray, time_ns: IntArray) -> Stream:
        end, length, keep = self.end + len(accel), self.bin_len, self.samples(KEPT_S)
        magnitude = np.concatenate((self.magnitude, magnitude_g(accel)))
        accel = np.concatenate((self.accel, accel))
        time_ns = np.concatenate((self.time_ns, time_ns))
        done, now = self.end // length, end // length
        bins = self.bins
        if now > done:
            start = done * length - (end - len(accel))
            stop = start + (now - done) * length
            bins = (
                *bins,
                *_bins(done, accel[start:stop], magnitude[start:stop], time_ns[start:stop], length),
            )[-BINS_KEPT:]
        return Stream(self.odr_hz, end, accel[-keep:], magnitude[-keep:], time_ns[-keep:], bins)

    def bins_since(self, end: int) -> tuple[Bin, ...]:
        """Return the bins that were completed after sample index `end`."""
        completed = self.end // self.bin_len - end // self.bin_len
        return self.bins[-completed:] if completed > 0 else ()

    def mean_before(
        self, index: int, from_s: float, to_s: float, first_bin: int = 0
    ) -> FloatArray | None:
        """Return the mean acceleration (3,) from `from_s` to `to_s` before `index`, or None.

        It is taken over the whole bins inside that span, `first_bin` and later; None when there is
        none.
        """
        length = self.bin_len
        low = max(first_bin, -(-(index - self.samples(from_s)) // length))
        high = (index - self.samples(to_s)) // length
        means = [b.mean_g for b in self.bins if low <= b.number < high and b.whole]
        return np.asarray(means, np.float32).mean(axis=0) if means else None


def _joined(stream: Stream, accel: FloatArray, time_ns: IntArray) -> tuple[FloatArray, IntArray]:
    """Put samples in front of `accel` for the time that is missing since the stream's end."""
    if not len(stream.accel):
        return accel, time_ns
    step_ns = NS_PER_S / stream.odr_hz
    missing = round((int(time_ns[0]) - int(stream.time_ns[-1])) / step_ns) - 1
    if missing < 1:  # in time, or the clock stepped back: the samples still follow each other
        return accel, time_ns
    if missing <= stream.samples(BRIDGED_S):
        along = np.linspace(0, 1, missing + 2, dtype=np.float32)[1:-1, None]
        filled = stream.accel[-1] * (1 - along) + accel[0] * along
    else:
        filled = np.full((min(missing, stream.samples(KEPT_S)), 3), np.nan, np.float32)
    times = time_ns[0] - np.rint(np.arange(len(filled), 0, -1) * step_ns).astype(np.int64)
    return np.concatenate((filled, accel)), np.concatenate((times, time_ns))


def _bins(
    number: int, accel: FloatArray, magnitude: FloatArray, time_ns: IntArray, length: int
) -> Iterator[Bin]:
    """Yield the bins of whole bins of samples. A sample that is NaN makes its bin NaN."""
    shaped = magnitude.reshape(-1, length)
    means = np.add.reduce(accel.reshape(-1, length, 3), axis=1, dtype=np.float64) / length
    first = np.add.reduce(shaped, axis=1, dtype=np.float64) / length
    second = np.add.reduce(shaped * shaped, axis=1, dtype=np.float64) / length
    spreads = np.sqrt(np.maximum(second - first * first, 0.0))
    for (x, y, z), spread, end_ns in zip(
        means.tolist(), spreads.tolist(), time_ns[length - 1 :: length].tolist(), strict=True
    ):
        yield Bin(number, (x, y, z), spread, end_ns)
        number += 1
