"""A device's samples as one unbroken stream on a sample grid, however the blocks were cut.

It keeps the last seconds as they came. What a decision needs – floats in g, a value for every
moment – is made from them when something is to be decided, and only for that window. A gap keeps
its place on the grid, so that a sample's index stays a measure of time: a short one is bridged by a
straight line, a longer one is NaN, so that nothing is ever decided on what was not measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from detectors.dsp.samples import FloatArray
from detectors.fall.chunk import Chunk

KEPT_S = 11.5
"""Eight seconds before an impact, the 2.4 s after it, and a block that ends in between."""
BRIDGED_S = 0.2
"""A gap that a straight line may bridge: shorter than any phase of a fall that we look for."""
SAME_RATE = 0.02
"""A device that measures its own rate never says quite the same twice. That is no new rate."""
PIECE_S = 1.0
"""Longer blocks are taken in pieces, so that nothing is let go before it was looked at."""
LONG_PIECE_S = 1.25
"""A block that is hardly longer is still one piece."""


class Stream(NamedTuple):
    """The samples so far. Nothing in it is ever changed."""

    odr_hz: float = 0.0
    end: int = 0
    """Index of the sample after the last."""
    due_ns: int = 0
    """When that sample is due, by the device's clock."""
    chunks: tuple[Chunk, ...] = ()

    @property
    def first(self) -> int:
        """Index of the oldest sample that is kept."""
        return self.chunks[0].start if self.chunks else self.end

    def samples(self, seconds: float) -> int:
        """Return a duration as a count of samples."""
        return round(seconds * self.odr_hz)

    def pieces(self, block: ImuBlock) -> Sequence[Stream]:
        """Return the stream after each second or so of `block`, whose rate must be the stream's."""
        chunk = Chunk.of(block, 0)
        worn = block.worn is not False
        if chunk.size <= LONG_PIECE_S * chunk.odr_hz + 1:
            return (self.joined(chunk, worn),)
        size = max(1, round(PIECE_S * chunk.odr_hz))
        streams = [self]
        for begin in range(0, chunk.size, size):
            part = chunk.part(begin, min(chunk.size, begin + size))
            streams.append(streams[-1].joined(part, worn))
        return streams[1:]

    def joined(self, chunk: Chunk, worn: bool = True) -> Stream:
        """Return the stream after some more samples; what nobody wore is a gap."""
        step_ns = NS_PER_S / chunk.odr_hz
        start = self.end
        off = 0.0
        if self.due_ns:
            off = (chunk.t0_ns - self.due_ns) / step_ns
            if off > 0.5:  # else in time, or the clock stepped back: samples follow each other
                start += round(off)
        end = start + chunk.size
        due_ns = chunk.t0_ns + round(chunk.size * step_ns)
        if not worn:
            return Stream(self.odr_hz, end, due_ns, self.chunks)
        chunks, size, t0_ns, raw = self.chunks, chunk.size, chunk.t0_ns, chunk.raw
        last = chunks[-1] if chunks and chunks[-1].is_like(chunk) else chunk
        follows = abs(off) <= 0.5 and last.start + last.size == start
        if follows and last is not chunk and last.size + size <= self.odr_hz:
            # Small blocks would cost more for what is around them than for what is in them.
            return Stream(self.odr_hz, end, due_ns, (*chunks[:-1], last.continued(chunk)))
        keep_from = end - KEPT_S * self.odr_hz
        drop = 0
        while drop + 1 < len(chunks) and chunks[drop + 1].start <= keep_from:
            drop += 1
        # Numbers that are the same are kept once: of a small device they are a tenth of it.
        new = Chunk(start, size, t0_ns, last.odr_hz, raw, last.scale_g, last.range_g)
        return Stream(self.odr_hz, end, due_ns, (*chunks[drop:], new))

    def at_rate(self, odr_hz: float) -> Stream:
        """Return the stream on the grid of another rate; what was measured stays as it is.

        Many devices idle slowly and wake at a jolt, so a fall begins at one rate and ends at
        another.
        """
        if abs(odr_hz - self.odr_hz) <= SAME_RATE * self.odr_hz:
            return self
        if not self.end:
            return Stream(odr_hz)
        moved = Moved(self, odr_hz)
        chunks = tuple(chunk._replace(start=moved(chunk.start)) for chunk in self.chunks)
        return Stream(odr_hz, moved(self.end), self.due_ns, chunks)

    def window(self, begin: int, end: int) -> FloatArray:
        """Return samples `begin` to `end` of the grid, shape (end - begin, 3), in g.

        NaN where nothing was measured, and where it is no longer kept.
        """
        whole = self._unbroken(begin, end)
        if whole is not None:
            return whole
        bridged = self.samples(BRIDGED_S)
        low, high = begin - bridged, min(end + bridged, self.end)
        accel = np.full((max(0, high - low), 3), np.nan, np.float32)
        for chunk in self.chunks:
            if chunk.start < high and self._ends(chunk) > low:
                at, values = self._on_grid(chunk)
                first, last = max(0, low - at), min(len(values), high - at)
                accel[at + first - low : at + last - low] = values[first:last]
        _bridge(accel, bridged)
        found: FloatArray = accel[begin - low : end - low]
        return found

    def _unbroken(self, begin: int, end: int) -> FloatArray | None:
        """Return the samples if each was measured at the stream's rate, as nearly always."""
        parts: list[FloatArray] = []
        at = end
        for chunk in reversed(self.chunks):
            start = chunk.start
            if start >= end:
                continue
            if start + chunk.size < at or not self._at_pace(chunk):
                return None
            parts.append(chunk.accel_g(max(0, begin - start), at - start))
            if start <= begin:
                return np.concatenate(parts[::-1]) if len(parts) > 1 else parts[0]
            at = start
        return None

    def t_ns(self, index: int) -> int:
        """Return the time of a sample, by the device's clock; of a gap's, as the chunk after it."""
        after: Chunk | None = None
        for chunk in reversed(self.chunks):
            if index >= self._ends(chunk) and after is not None:
                break
            after = chunk
            if index >= chunk.start:
                break
        if after is None:
            return self.due_ns - round((self.end - index) * NS_PER_S / max(self.odr_hz, 1e-9))
        faster = 1.0 if self._at_pace(after) else self.odr_hz / after.odr_hz
        return after.t_ns((index - after.start) / faster)

    def range_g(self, begin: int, end: int) -> float:
        """Return the least full scale that the device told of samples `begin` to `end`, or 0."""
        told = [
            chunk.range_g
            for chunk in self.chunks
            if chunk.range_g and chunk.start < end and self._ends(chunk) > begin
        ]
        return min(told, default=0.0)

    def _at_pace(self, chunk: Chunk) -> bool:
        """Whether a chunk's samples lie on the grid one by one."""
        return (
            chunk.odr_hz == self.odr_hz
            or abs(chunk.odr_hz - self.odr_hz) <= SAME_RATE * self.odr_hz
        )

    def _ends(self, chunk: Chunk) -> int:
        if self._at_pace(chunk):
            return chunk.start + chunk.size
        return chunk.start + int((chunk.size - 1) * self.odr_hz / chunk.odr_hz) + 1

    def _on_grid(self, chunk: Chunk) -> tuple[int, FloatArray]:
        """Return a chunk's samples on the grid, and the index of the first."""
        accel = chunk.accel_g()
        if self._at_pace(chunk):
            return chunk.start, accel
        at = np.arange(self._ends(chunk) - chunk.start) * (chunk.odr_hz / self.odr_hz)
        own = np.arange(chunk.size)
        axes = [np.interp(at, own, accel[:, axis]) for axis in range(3)]
        return chunk.start, np.stack(axes, axis=1).astype(np.float32)


class Moved:
    """Where an index of one rate's grid lies on that of another: counted back from the end."""

    def __init__(self, stream: Stream, odr_hz: float) -> None:
        self._ratio = odr_hz / stream.odr_hz
        self._old = stream.end
        self._new = round(stream.end * self._ratio)

    def __call__(self, index: int) -> int:
        """Return the index on the new grid."""
        return self._new - round((self._old - index) * self._ratio)


def _bridge(accel: FloatArray, longest: int) -> None:
    """Draw a line across each gap of at most `longest` samples that has both ends."""
    missing = np.isnan(accel[:, 0])
    if not missing.any():
        return
    edges = np.flatnonzero(np.diff(missing))
    starts = edges[~missing[edges]]
    for before in starts.tolist():
        after = before + 1
        while after < len(accel) and missing[after]:
            after += 1
        if after == len(accel) or after - before - 1 > longest:
            continue
        along = np.linspace(0, 1, after - before + 1, dtype=np.float32)[1:-1, None]
        accel[before + 1 : after] = accel[before] * (1 - along) + accel[after] * along
