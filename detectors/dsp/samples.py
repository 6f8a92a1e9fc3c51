"""Blocks as arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from contract.imu import ImuBlock
from contract.instants import NS_PER_S

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


def accel_g(block: ImuBlock) -> FloatArray:
    """Return the samples of a block, shape (n, 3), in g, float32."""
    if block.accel_i16 is not None:
        raw = np.frombuffer(block.accel_i16, dtype="<i2").reshape(-1, 3)
        return raw.astype(np.float32) * np.float32(block.scale_g or 0.0)
    return np.asarray(block.accel_g, dtype=np.float32)


def t_ns(block: ImuBlock) -> IntArray:
    """Return the time of each sample, shape (n,), UTC nanoseconds."""
    found: IntArray = _since_first_ns(block.count, block.odr_hz) + block.t0_ns
    return found


@lru_cache(maxsize=64)
def _since_first_ns(count: int, odr_hz: float) -> IntArray:
    # A site has few kinds of device, and each cuts its blocks alike.
    since: IntArray = np.rint(np.arange(count) * (NS_PER_S / odr_hz)).astype(np.int64)
    since.setflags(write=False)
    return since


def magnitude_g(accel: FloatArray) -> FloatArray:
    """Return the signal vector magnitude of samples (n, 3), shape (n,), in g.

    It is 1 g at rest in any orientation, and 0 g in free fall.
    """
    x, y, z = accel[:, 0], accel[:, 1], accel[:, 2]
    found: FloatArray = np.sqrt(x * x + y * y + z * z)
    return found
