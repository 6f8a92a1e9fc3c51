"""A simple accelerometer: it sends plain JSON, and knows neither our messages nor the time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from contract.imu import ImuBlock


def plain_payload(block: ImuBlock, stamped: bool = False) -> bytes:
    """Return a block as `{"odr_hz", "x", "y", "z"}` in g; `stamped` adds `t_ns`.

    Without a time the agent takes the last sample to be taken just now, which is right for a
    payload that is sent at once.
    """
    assert block.accel_i16 is not None
    assert block.scale_g is not None
    accel_g = np.frombuffer(block.accel_i16, "<i2").reshape(-1, 3) * block.scale_g
    plain: dict[str, Any] = {"odr_hz": block.odr_hz}
    for axis, name in enumerate("xyz"):
        plain[name] = [round(float(value), 4) for value in accel_g[:, axis]]
    if stamped:
        plain["t_ns"] = block.t0_ns
    return json.dumps(plain, separators=(",", ":")).encode()
