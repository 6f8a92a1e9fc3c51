"""Trials of written-down motions, as a reader would have read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contract.site import Worn
from simulators.recordings.trial import Trial, peak_s
from tests.support.motions import SCALE_G, Part, sampled


def trial(
    parts: Sequence[Part],
    subject: str = "P01",
    *,
    named: str = "made",
    activity: str = "D01",
    number: int = 0,
    odr_hz: float = 50.0,
    is_fall: bool = False,
    worn: Worn = "trunk",
) -> Trial:
    """Return what a sensor with steps of `SCALE_G` measured of some parts."""
    counts = np.rint(sampled(parts, odr_hz) / SCALE_G).astype(np.int16)
    accel_g = counts.astype(np.float32) * np.float32(SCALE_G)
    return Trial(
        named,
        subject,
        activity,
        number,
        odr_hz,
        accel_g,
        is_fall,
        peak_s(accel_g, odr_hz),
        range_g=16.0,
        worn=worn,
        step_g=SCALE_G,
    )
