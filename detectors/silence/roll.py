"""When each device of a site was heard last, as the ticks tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from contract.instants import ns
from detectors.dsp.samples import IntArray

BoolArray = npt.NDArray[np.bool_]

NEVER, NOW = -2, -1
"""In place of a time: not heard yet or put away, and heard since the last tick."""


@dataclass(frozen=True, slots=True)
class Roll:
    """One number a device, in the order of the site file. Arrays are never written to once here.

    A device is heard when a block of it *arrives*, whenever that was measured: what an agent
    delivers late shows that the way to the device is open. So the time is that of the next tick.
    """

    heard_ns: IntArray
    at_ns: int | None = None
    """The last tick."""

    @classmethod
    def of(cls, devices: int) -> Roll:
        """Return the roll of devices of which none was heard."""
        return cls(np.full(devices, NEVER, np.int64))

    def hear(self, number: int, *, put_away: bool) -> Roll:
        """Return the roll after a block. It costs nothing for all but the first since a tick."""
        mark = NEVER if put_away else NOW
        if self.heard_ns[number] == mark:
            return self
        heard = self.heard_ns.copy()
        heard[number] = mark
        return replace(self, heard_ns=heard)

    def tick(self, at_ns: int, away_s: float) -> Roll:
        """Return the roll at `at_ns`. After a pause in the ticks every count begins again.

        Nobody listened in the pause, so it says nothing about a device; nor does a clock set back.
        """
        heard = self.heard_ns.copy()
        heard[heard == NOW] = at_ns
        if self.at_ns is not None and not 0 <= at_ns - self.at_ns <= ns(away_s):
            heard[heard != NEVER] = at_ns
        return Roll(heard, at_ns)

    def fresh(self) -> BoolArray:
        """Return which devices were heard since the last tick."""
        found: BoolArray = self.heard_ns == NOW
        return found

    def silent_ns(self) -> IntArray:
        """Return for how long each device has been silent; -1 if nobody waits for it.

        To be asked right after a tick.
        """
        found: IntArray = np.where(self.heard_ns == NEVER, -1, (self.at_ns or 0) - self.heard_ns)
        return found

    def excused(self, numbers: IntArray) -> Roll:
        """Return the roll with these counted from now."""
        heard = self.heard_ns.copy()
        heard[numbers] = np.where(heard[numbers] == NEVER, NEVER, self.at_ns or 0)
        return replace(self, heard_ns=heard)
