"""How long a test waits for what must come: in a machine's own time, not by the clock alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
STALLED_COUNTS = 0.2
"""A second in which somebody waited for a core counts so much: five times the patience at most."""


def stalled_s() -> float:
    """Return for how long, since the machine began, anything had to wait for a core; 0 if unknown.

    Linux counts it (pressure stall information). Four busy loops on two cores make it run as fast
    as the clock: what a test waits for gets half of a core then, or less.
    """
    try:
        some = PRESSURE.read_text("ascii").splitlines()[0]
    except (OSError, IndexError):
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6


class Patience:
    """So many seconds of a machine that has a core to spare."""

    def __init__(
        self,
        lasts_s: float,
        clock_s: Callable[[], float] = time.monotonic,
        stalled: Callable[[], float] = stalled_s,
    ) -> None:
        self._left_s = lasts_s
        self._clock_s = clock_s
        self._stalled = stalled
        self._at_s, self._stalled_s = clock_s(), stalled()

    def is_over(self) -> bool:
        """Whether it was waited long enough. To be asked again and again."""
        at_s, stalled = self._clock_s(), self._stalled()
        passed_s = at_s - self._at_s
        waited_s = min(passed_s, stalled - self._stalled_s)
        self._left_s -= passed_s - (1 - STALLED_COUNTS) * waited_s
        self._at_s, self._stalled_s = at_s, stalled
        return self._left_s < 0
