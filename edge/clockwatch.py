"""Notices that the wall clock was set: it and the monotonic clock no longer agree on how long."""

from __future__ import annotations

from contract.instants import NS_PER_MS

MIN_STEP_NS = 500 * NS_PER_MS
"""A disciplined clock is slewed by less than this between two looks a second apart."""


class ClockWatch:
    """Compares two clocks, look by look.

    >>> second = 1_000_000_000
    >>> watch = ClockWatch(wall_ns=100 * second, monotonic_ns=5 * second)
    >>> watch.step_ns(wall_ns=101 * second, monotonic_ns=6 * second)
    0
    >>> watch.step_ns(wall_ns=3702 * second, monotonic_ns=7 * second)
    3600000000000
    >>> watch.steps
    1
    """

    def __init__(self, wall_ns: int, monotonic_ns: int) -> None:
        self._apart_ns = wall_ns - monotonic_ns
        self.steps = 0
        """How often the clock was set since the agent started."""

    def step_ns(self, wall_ns: int, monotonic_ns: int) -> int:
        """Return by how much the wall clock was set since the last look, or 0."""
        apart_ns = wall_ns - monotonic_ns
        before_ns, self._apart_ns = self._apart_ns, apart_ns
        if abs(apart_ns - before_ns) < MIN_STEP_NS:
            return 0
        self.steps += 1
        return apart_ns - before_ns
