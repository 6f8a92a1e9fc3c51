"""A descent: support is lost, the body drops, and has some speed left when it arrives.

The drop is integrated, not drawn: gravity less what the legs still carry gives the speed, and the
fall ends where the hip has come down by its height. So duration and speed belong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.body.curve import FINE_HZ, GRAVITY_M_S2, Floats, blow, ease, times

LONGEST_S = 3.0


@dataclass(frozen=True)
class Catch:
    """A knee or a hand that takes part of the speed on the way down."""

    share: float
    """Of the speed that there is, 0 to 1."""
    at: float
    """Where on the way, as a share of the drop."""
    contact_s: float = 0.1


@dataclass(frozen=True)
class Descent:
    """How support is lost and given back on the way down."""

    drop_m: float
    unsupported: float
    """Share of the body's weight that nothing carries once support has gone, 0–1."""
    loss_s: float
    """How long support takes to go."""
    catches: tuple[Catch, ...] = ()

    def fall(self) -> tuple[Floats, float, float]:
        """Return the force from below while falling (g), the time it takes, the speed left."""
        t_s = times(LONGEST_S)
        lost = ease(t_s / max(self.loss_s, 1 / FINE_HZ))
        support_g = 1.0 - self.unsupported * (lost if self.loss_s > 0 else np.ones_like(t_s))
        for catch in self.catches:
            at_s = self._reached_s(t_s, support_g, catch.at * self.drop_m)
            speed_m_s = self._speed(t_s, support_g, at_s)
            stop = blow(t_s, at_s, catch.contact_s) * catch.share * max(speed_m_s, 0.0)
            support_g = support_g + stop / GRAVITY_M_S2
        end_s = self._reached_s(t_s, support_g, self.drop_m)
        speed_m_s = self._speed(t_s, support_g, end_s)
        return support_g[: round(end_s * FINE_HZ)], end_s, max(speed_m_s, 0.3)

    @staticmethod
    def _reached_s(t_s: Floats, support_g: Floats, drop_m: float) -> float:
        speed = np.cumsum((1.0 - support_g) * GRAVITY_M_S2) / FINE_HZ
        way = np.cumsum(speed) / FINE_HZ
        there = int(np.searchsorted(np.maximum.accumulate(way), drop_m))
        return float(min(there, len(t_s) - 1) + 1) / FINE_HZ

    @staticmethod
    def _speed(t_s: Floats, support_g: Floats, at_s: float) -> float:
        return float(((1.0 - support_g[t_s < at_s]) * GRAVITY_M_S2).sum() / FINE_HZ)
