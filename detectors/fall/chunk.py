"""A run of samples as the device sent them: bytes, kept by reference and read when asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from detectors.dsp.samples import FloatArray

_COUNTS = np.dtype("<i2")
_PLAIN = np.dtype("<f4")
_ROUNDING = 1 - 1e-5
"""Squares are summed in float32: what is called loud may be a little less than the threshold."""


class Chunk(NamedTuple):
    """Samples without a gap between them. A tuple, because each device makes one a second."""

    start: int
    """Index of the first sample on the stream's grid."""
    size: int
    t0_ns: int
    odr_hz: float
    """The rate at which these were measured; the stream's own may have changed since."""
    raw: bytes
    """int16 counts if `scale_g` is given, else float32 in g."""
    scale_g: float
    range_g: float
    """0 when the device does not say it."""

    @classmethod
    def of(cls, block: ImuBlock, start: int) -> Chunk:
        """Return the samples of a block."""
        raw, scale_g = block.accel_i16, block.scale_g
        if raw is None or scale_g is None:
            raw, scale_g = np.asarray(block.accel_g, _PLAIN).tobytes(), 0.0
        size = len(raw) // (6 if scale_g else 12)
        return cls(start, size, block.t0_ns, block.odr_hz, raw, scale_g, block.range_g or 0.0)

    def part(self, begin: int, end: int) -> Chunk:
        """Return some of the samples."""
        width = 6 if self.scale_g else 12
        return self._replace(
            start=self.start + begin,
            size=end - begin,
            t0_ns=self.t_ns(begin),
            raw=self.raw[begin * width : end * width],
        )

    def is_like(self, other: Chunk) -> bool:
        """Whether the other's samples are of the same rate, scale and range."""
        mine = (self.odr_hz, self.scale_g, self.range_g)
        return mine == (other.odr_hz, other.scale_g, other.range_g)

    def continued(self, after: Chunk) -> Chunk:
        """Return this and what follows it as one."""
        return self._replace(size=self.size + after.size, raw=self.raw + after.raw)

    def t_ns(self, sample: float) -> int:
        """Return the time of a sample, by the device's clock."""
        return self.t0_ns + round(sample * NS_PER_S / self.odr_hz)

    def accel_g(self, begin: int = 0, end: int | None = None) -> FloatArray:
        """Return the samples from `begin` to `end`, shape (n, 3), in g."""
        last = self.size if end is None else end
        kind, width = (_COUNTS, 6) if self.scale_g else (_PLAIN, 12)
        held: Any = np.frombuffer(self.raw, kind, count=3 * (last - begin), offset=begin * width)
        found: FloatArray = held.reshape(-1, 3)
        return found * np.float32(self.scale_g) if self.scale_g else found

    def reaches(self, magnitude_g: float) -> bool:
        """Whether a sample may be as loud as that; if not, none is.

        It is all that is looked at while nobody is struck, so it is counted in microseconds.
        """
        if self.scale_g:
            squares, level = (
                np.frombuffer(self.raw, _COUNTS).astype(_PLAIN),
                magnitude_g / self.scale_g,
            )
        else:
            squares, level = np.frombuffer(self.raw, _PLAIN).copy(), magnitude_g
        squares *= squares
        summed = squares[0::3] + squares[1::3]
        summed += squares[2::3]
        return bool(np.maximum.reduce(summed) >= level * level * _ROUNDING)
