"""What became of a file's mutants, counted, with the interval that a sample leaves open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from tests.mutation.workshop import Verdict

Z = 1.959964
"""Of 95 %, two-sided."""


@dataclass(frozen=True)
class Tally:
    """Mutants of one file, or of many."""

    drawn: int
    killed: int = 0
    hung: int = 0
    survived: int = 0
    unreached: int = 0
    equivalent: int = 0
    """Nobody can tell them from the code as it is: they count neither way."""

    @classmethod
    def of(cls, drawn: int, verdicts: Iterable[Verdict], equivalent: int) -> Tally:
        """Count verdicts; the equivalent ones are not among them."""
        count = Counter(verdicts)
        return cls(
            drawn,
            killed=count[Verdict.KILLED],
            hung=count[Verdict.HUNG],
            survived=count[Verdict.SURVIVED],
            unreached=count[Verdict.UNREACHED],
            equivalent=equivalent,
        )

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(
            self.drawn + other.drawn,
            self.killed + other.killed,
            self.hung + other.hung,
            self.survived + other.survived,
            self.unreached + other.unreached,
            self.equivalent + other.equivalent,
        )

    @property
    def noticed(self) -> int:
        """Mutants that made a test fail, or that kept one from coming to an end."""
        return self.killed + self.hung

    @property
    def tried(self) -> int:
        """Mutants that say something about the tests."""
        return self.noticed + self.survived + self.unreached


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927).

    >>> [round(bound, 3) for bound in wilson(9, 32)]
    [0.156, 0.454]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    middle = (share + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return max(0.0, middle - half), min(1.0, middle + half)
