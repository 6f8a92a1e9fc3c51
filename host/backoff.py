"""How long to wait after a failure: longer each time, and never the same as everybody else."""

from __future__ import annotations

from collections.abc import Callable
from random import uniform


class Backoff:
    """Doubles from `first_s` to `most_s`, and takes 50 to 100 % of that at random.

    Without the dice, all that lost one server would come back to it in one instant.

    >>> patience = Backoff(1.0, 5.0, dice=lambda least, most: most)
    >>> [patience.failed() for _ in range(4)]
    [1.0, 2.0, 4.0, 5.0]
    >>> patience.succeeded()
    >>> patience.failed()
    1.0
    """

    def __init__(
        self,
        first_s: float,
        most_s: float,
        dice: Callable[[float, float], float] = uniform,
    ) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._dice = dice
        self._failures = 0

    def failed(self) -> float:
        """Return how long to wait now."""
        longest_s = min(self._first_s * 2.0 ** min(self._failures, 30), self._most_s)
        self._failures += 1
        return longest_s * self._dice(0.5, 1.0)

    def succeeded(self) -> None:
        """Begin again at `first_s`."""
        self._failures = 0
