"""What the database's clock says now, reckoned by a clock that nobody can set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from contract.instants import ns

STEP_NS = ns(2)
"""A clock that is this far off was set. Less is made up for smoothly, as NTP itself does."""
DRIFT_PER_S = 100e-6
"""How fast two hosts' clocks part that nobody steers: what a day without a look may show."""
LONGEST_DRIFT_NS = ns(2)
SLEW = 0.5
"""How much of the time that passes goes into making up: so time never stands still."""


@dataclass(frozen=True)
class ClockStep:
    """The clock was set by so much, and from then on deadlines are written in this epoch."""

    epoch: int
    by_ns: int


@dataclass(frozen=True)
class Sight:
    """What the database's clock said at an instant of the host's own clock."""

    boottime_ns: int
    base_ns: int
    doubt_ns: int = 0
    """How long the asking took: by half of it, the answer may be of another instant."""

    @classmethod
    def between(cls, before_ns: int, after_ns: int, base_ns: int) -> Sight:
        """Return what was said to an asking that took from one instant to another."""
        return cls((before_ns + after_ns) // 2, base_ns, after_ns - before_ns)

    def less(self, bias_ns: int) -> Sight:
        """Return the same sight of a clock that is known to be ahead by so much."""
        return replace(self, base_ns=self.base_ns - bias_ns)

    @property
    def apart_ns(self) -> int:
        """How far the two clocks are apart: it changes when one of them was set."""
        return self.base_ns - self.boottime_ns


@dataclass(frozen=True)
class Reckoning:
    """A line through one sight, and what is still to be made up for.

    It never goes back but with a step, and never waits for a database.

    >>> at_nine = Reckoning(0, Sight(boottime_ns=0, base_ns=9_000), owed_ns=100)
    >>> [at_nine.at(later_ns) for later_ns in (0, 100, 200, 300)]
    [9000, 9150, 9300, 9400]
    """

    epoch: int
    sight: Sight
    owed_ns: int = 0

    def at(self, boottime_ns: int) -> int:
        """Return what the database's clock says at an instant of the host's own clock."""
        since_ns = boottime_ns - self.sight.boottime_ns
        paid_ns = min(abs(self.owed_ns), max(0, round(since_ns * SLEW)))
        return self.sight.base_ns + since_ns + (paid_ns if self.owed_ns > 0 else -paid_ns)

    def off_ns(self, sight: Sight) -> int:
        """Return how far ahead of this reckoning the database's clock was seen."""
        return sight.base_ns - self.at(sight.boottime_ns)

    def steered(self, sight: Sight) -> Reckoning:
        """Return the same line, bent towards what was seen."""
        here_ns = self.at(sight.boottime_ns)
        return Reckoning(
            self.epoch, Sight(sight.boottime_ns, here_ns), owed_ns=sight.base_ns - here_ns
        )

    def after(self, steps: Iterable[ClockStep]) -> Reckoning:
        """Return the line after steps; those that it has taken already change nothing."""
        line = self
        for step in sorted(steps, key=lambda step: step.epoch):
            if step.epoch > line.epoch:
                moved = Sight(line.sight.boottime_ns, line.sight.base_ns + step.by_ns)
                line = replace(line, epoch=step.epoch, sight=moved)
        return line


def tolerance_ns(unseen_ns: int) -> int:
    """Return how far off a clock may be that nobody has set, after so long without a look.

    >>> tolerance_ns(ns(3600)), tolerance_ns(ns(10**9))
    (2360000000, 4000000000)
    """
    return STEP_NS + min(LONGEST_DRIFT_NS, round(max(0, unseen_ns) * DRIFT_PER_S))
