"""Whether whoever has a page in hand is dead, or only waits for the database as we do. Pure.

A lease that has run out says little: its sender may be handing the page off at this moment, and
have found the database locked at each renewal. So a page is taken over only after the database was
free to write for longer than any writer waits for it, look after look, and nobody renewed.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace

from contract.instants import ns

CALM_LOOKS = 6
"""So many looks after the first one, a second apart: longer than a writer of SQLite's waits (5 s),
so whoever lives has been through. Counted and not measured: a clock that is set changes nothing."""
MOST_LOOKS = 30
"""However slow the database is to write: so many times we came through, and whoever had the page
did not once. Rather a page twice than none."""
LOOK_NS = ns(0.9)
"""Looks that are closer together are one."""
SLOW_S = 2.0
"""Whoever waited so long to write may have been let in before those who waited behind."""

Key = tuple[int, int]
"""A page and the number of a try: one claim."""


@dataclass(frozen=True)
class _Doubt:
    calm: int
    looks: int
    at_ns: int

    @property
    def over(self) -> bool:
        return self.calm > CALM_LOOKS or self.looks > MOST_LOOKS

    def again(self, now_ns: int) -> _Doubt:
        if abs(now_ns - self.at_ns) < LOOK_NS:
            return self
        return _Doubt(self.calm + 1, self.looks + 1, now_ns)


@dataclass
class Doubts:
    """The claims of others whose lease has run out. One engine's; for one thread."""

    _of: dict[Key, _Doubt] = field(default_factory=dict)

    def dead(self, now_ns: int) -> Set[Key]:
        """Return the claims that a look now may take over."""
        return {key for key, doubt in self._of.items() if doubt.again(now_ns).over}

    def saw(self, lapsed: Set[Key], now_ns: int) -> None:
        """Note a look at which the database, and these claims in it, were ours to write."""
        before = self._of
        self._of = {
            key: before[key].again(now_ns) if key in before else _Doubt(1, 1, now_ns)
            for key in lapsed
        }

    def shake(self) -> None:
        """Begin anew: the database could not be written, or not at once, by us nor by others."""
        self._of = {key: replace(doubt, calm=0) for key, doubt in self._of.items()}
