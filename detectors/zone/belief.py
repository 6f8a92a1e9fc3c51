"""A person's zone as probabilities: how they change with time, with reads, at doors.

A hidden Markov model over the site's zones and an explicit elsewhere, which is the last element of
every vector here. Its filter is the forward algorithm (Rabiner, Proc. IEEE 77(2), 1989), with
evidence that is discounted for being alike; docs/presence.md has the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.instants import seconds
from detectors.zone.person import GRID_NS

Floats = NDArray[np.float64]

TO_NEIGHBOURS, TO_ANY, TO_ELSEWHERE = 0.75, 0.2, 0.05
"""Of those who leave a zone. Anybody may turn up anywhere: reads are missed, plans incomplete."""
APPEAR_S = 60.0
"""How long people stay elsewhere, in the mean, before readers hear them again."""
ELSEWHERE_NATS = 1.5
"""Being heard at all is so much evidence a read against being elsewhere."""
LEAST = 1e-12
PASSED = 0.995
"""How far a door that let somebody through is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """How people move. `ways` has from row to column where somebody goes who leaves."""

    ways: Floats
    leave_per_s: Floats
    step: Floats
    """From row to column in one step of the grid."""
    start: Floats

    @classmethod
    def of(cls, near: NDArray[np.bool_], stay_s: float) -> Movement:
        """Return how people move between zones; `near` says which touch."""
        zones = len(near)
        ways = np.zeros((zones + 1, zones + 1))
        others = ~np.eye(zones, dtype=bool)
        for zone in range(zones):
            touching = near[zone] & others[zone]
            any_share = TO_ANY if touching.any() else TO_ANY + TO_NEIGHBOURS
            if touching.any():
                ways[zone, :zones] += TO_NEIGHBOURS * touching / touching.sum()
            if zones > 1:
                ways[zone, :zones] += any_share * others[zone] / (zones - 1)
            ways[zone, zones] = TO_ELSEWHERE
        ways[zones, :zones] = 1.0 / max(zones, 1)
        ways /= np.maximum(ways.sum(axis=1, keepdims=True), LEAST)
        leave = np.full(zones + 1, 1.0 / stay_s)
        leave[zones] = 1.0 / APPEAR_S
        start = np.full(zones + 1, 0.5 / max(zones, 1))
        start[zones] = 0.5
        left = -np.expm1(-seconds(GRID_NS) * leave)
        step = np.diag(1 - left) + left[:, None] * ways
        return cls(ways, leave, step, start)

    def after(self, belief: Floats, steps: int) -> Floats:
        """Return the belief after some steps of the grid in which nothing was heard."""
        if steps == 1:
            return np.asarray(belief @ self.step)
        left = belief * -np.expm1(-steps * seconds(GRID_NS) * self.leave_per_s)
        return np.asarray(belief - left + left @ self.ways)


def told(total: Floats, count: int, likeness: float) -> Floats:
    """Return what the reads of one look say together for each zone and for elsewhere, in nats.

    Reads of one look resemble one another: same place, same body between tag and antenna. `n` of
    them are worth ``n / (1 + (n - 1) likeness)`` independent ones (Kish's design effect).

    Parameters
    ----------
    total
        The sum of what each says: for each zone, for elsewhere, and last 1 for each antenna's read.
    count
        How many they are.
    """
    both = total[:-1] / (1 + (count - 1) * likeness)
    if total[-1]:
        outside = both[-1] - ELSEWHERE_NATS * total[-1] / (1 + (count - 1) * likeness)
        both[-1] = -np.inf
        both[-1] = outside + both.max()
    both -= both.max()
    return both


def weighed(belief: Floats, nats: Floats) -> Floats:
    """Return the belief after evidence, of which the greatest is 0, summing to one."""
    found = np.exp(nats)
    found *= belief
    found += LEAST
    found /= found.sum()
    return found


def through(belief: Floats, to: int) -> Floats:
    """Return the belief after somebody went through a door, to the place of this number."""
    found = belief * (1 - PASSED)
    found[to] += PASSED
    return found
