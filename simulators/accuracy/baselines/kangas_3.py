"""Kangas' algorithm 3: a beginning, a velocity, an impact and a posture."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.accuracy.baselines.baseline import Heard, Samples
from simulators.accuracy.baselines.kangas_1 import Kangas1

GRAVITY_M_S2 = 9.80665
BEGINS_WITHIN_S = 1.0


class Kangas3(Kangas1):
    """Algorithm 1, and before the impact the body lost its support and gained speed.

    Within a second before the impact SVtot < 0.6 g, and the velocity v0 = ∫ (1 - SVtot) g dt, taken
    over that second wherever SVtot < 1 g, exceeds 0.7 m/s.

    References
    ----------
    Kangas M. et al., Gait & Posture 28 (2008) 285-291, algorithm 3, waist: see `Kangas1`.
    From memory, not checked against the paper; what bounds the integral is our reading.
    """

    kind: ClassVar[str] = "kangas-3"
    title: ClassVar[str] = "Kangas 2008, algorithm 3"

    start_g: float = Field(0.6, gt=0, lt=1, description="Total sum vector at a fall's beginning")
    velocity_m_s: float = Field(0.7, ge=0, description="Least velocity before the impact")

    def began(self, heard: Heard, magnitude: Samples, at: int) -> bool:
        """Whether the body lost its support and gained speed before the impact."""
        second = magnitude[max(0, at - heard.samples(BEGINS_WITHIN_S)) : at]
        if not np.any(second < self.start_g):
            return False
        lost = float(np.maximum(1 - second, 0).sum())
        return lost * GRAVITY_M_S2 / heard.odr_hz > self.velocity_m_s
