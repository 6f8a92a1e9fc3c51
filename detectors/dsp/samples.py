"""Blocks as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from contract.imu import ImuBlock

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
    since = np.rint(np.arange(block.count) * (1e9 / block.odr_hz)).astype(np.int64)
    found: IntArray = since + block.t0_ns
    return found


def magnitude_g(accel: FloatArray) -> FloatArray:
    """Return the signal vector magnitude of samples (n, 3), shape (n,), in g.

    It is 1 g at rest in any orientation, and 0 g in free fall.
    """
    x, y, z = accel[:, 0], accel[:, 1], accel[:, 2]
    found: FloatArray = np.sqrt(x * x + y * y + z * z)
    return found
