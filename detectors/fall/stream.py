"""A device's samples as one unbroken stream on a sample grid, however the blocks were cut.

The stream keeps the last few seconds, and a bin every half second for what lies further back. A gap
is filled so that a sample's index stays a measure of time: a short one by a straight line, a longer
one by NaN, so that nothing is ever decided on samples that were not measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from detectors.dsp.samples import FloatArray, IntArray, accel_g, magnitude_g, t_ns

KEPT_S = 5.0
BIN_S = 0.5
BINS_KEPT = 32
PIECE_S = 1.0
BRIDGED_S = 0.2
"""A gap that a straight line may bridge: shorter than any phase of a fall that we look for."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Half a second of samples: the mean acceleration (3,), and how much the magnitude varied."""

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
    accel: FloatArray | None = None
    time_ns: IntArray | None = None
    bins: tuple[Bin, ...] = ()
    """The latest bins; the last one ends at index `end // bin_len * bin_len`."""

    @property
    def first(self) -> int:
        """Index of the oldest sample that is kept."""
        return self.end - (0 if self.accel is None else len(self.accel))

    @property
    def bin_len(self) -> int:
        """Samples a bin."""
        return max(1, round(BIN_S * self.odr_hz))

    def samples(self, seconds: float) -> int:
        """Return a duration as a count of samples."""
        return round(seconds * self.odr_hz)

    def pieces(self, block: ImuBlock) -> Iterator[Stream]:
        """Yield the stream after each second or less of `block`, so that nothing is trimmed unseen.

        A block at another rate begins a new grid.
        """
        accel, time_ns = accel_g(block), t_ns(block)
        if block.worn is False:
            accel = np.full_like(accel, np.nan)
        stream = self if self.odr_hz == block.odr_hz else Stream(block.odr_hz)
        accel, time_ns = _joined(stream, accel, time_ns)
        size = max(1, stream.samples(PIECE_S))
        for start in range(0, len(accel), size):
            stream = stream._extended(accel[start : start + size], time_ns[start : start + size])
            yield stream

    def _extended(self, accel: FloatArray, time_ns: IntArray) -> Stream:
        stream = self
        end = stream.end + len(accel)
        if stream.accel is not None and stream.time_ns is not None:
            accel = np.concatenate([stream.accel, accel])
            time_ns = np.concatenate([stream.time_ns, time_ns])
        first = end - len(accel)
        length = stream.bin_len
        done = range(stream.end // length, end // length)
        bins = [_bin(accel, time_ns, n * length - first, length) for n in done]
        keep = stream.samples(KEPT_S)
        return Stream(
            stream.odr_hz,
            end,
            accel[-keep:],
            time_ns[-keep:],
            (*stream.bins, *bins)[-BINS_KEPT:],
        )

    def bins_since(self, end: int) -> tuple[Bin, ...]:
        """Return the bins that were completed after sample index `end`."""
        completed = self.end // self.bin_len - end // self.bin_len
        return self.bins[-completed:] if completed > 0 else ()

    def mean_before(self, index: int, from_s: float, to_s: float) -> FloatArray | None:
        """Return the mean acceleration (3,) from `from_s` to `to_s` before `index`, or None.

        It is taken over the whole bins inside that span; None when there is none.
        """
        length = self.bin_len
        last_bin = self.end // length  # bins[k] is bin number last_bin - len(bins) + k
        low = -(-(index - self.samples(from_s)) // length)
        high = (index - self.samples(to_s)) // length
        offset = last_bin - len(self.bins)
        inside = self.bins[max(0, low - offset) : max(0, high - offset)]
        means = [b.mean_g for b in inside if b.whole]
        return np.asarray(means, np.float32).mean(axis=0) if means else None


def _joined(stream: Stream, accel: FloatArray, time_ns: IntArray) -> tuple[FloatArray, IntArray]:
    """Put samples in front of `accel` for the time that is missing since the stream's end."""
    if stream.accel is None or stream.time_ns is None:
        return accel, time_ns
    step_ns = NS_PER_S / stream.odr_hz
    last_ns = int(stream.time_ns[-1])
    missing = round((int(time_ns[0]) - last_ns) / step_ns) - 1
    if missing < 1:  # in time, or the clock stepped back: the samples still follow each other
        return accel, time_ns
    kept = min(missing, stream.samples(KEPT_S))
    if missing <= stream.samples(BRIDGED_S):
        along = np.linspace(0, 1, missing + 2, dtype=np.float32)[1:-1, None]
        filled = stream.accel[-1] * (1 - along) + accel[0] * along
    else:
        filled = np.full((kept, 3), np.nan, np.float32)
    start_ns = int(time_ns[0])
    times = start_ns - np.rint(np.arange(len(filled), 0, -1) * step_ns).astype(np.int64)
    return np.concatenate([filled, accel]), np.concatenate([times, time_ns])


def _bin(accel: FloatArray, time_ns: IntArray, start: int, length: int) -> Bin:
    part = accel[start : start + length] if start >= 0 else accel[:0]
    if len(part) < length or np.isnan(part).any():
        return Bin((np.nan, np.nan, np.nan), np.nan, int(time_ns[max(0, start + length - 1)]))
    x, y, z = part.mean(axis=0, dtype=np.float64).tolist()
    spread = float(magnitude_g(part).std(dtype=np.float64))
    return Bin((x, y, z), spread, int(time_ns[start + length - 1]))
