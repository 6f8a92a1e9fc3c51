"""When to look at something again though nobody moves."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple


class Matter(NamedTuple):
    """What is judged in one go: somebody in a zone, or the zone as a whole."""

    zone: str
    person: str = ""
    """Empty for the zone as a whole."""


class Due(NamedTuple):
    """A matter, and when it is to be looked at."""

    at_ns: int
    matter: Matter


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is due, the earliest first, each matter once at most. Never changed in place."""

    dues: tuple[Due, ...] = ()

    @property
    def first(self) -> Due | None:
        """What is due next."""
        return self.dues[0] if self.dues else None

    def put(self, matter: Matter, was_ns: int | None, at_ns: int | None) -> Agenda:
        """Return the agenda with a matter moved from where it was; None is: not on it.

        >>> Agenda().put(Matter("kiln"), None, 7).put(Matter("kiln"), 7, 5).dues
        (Due(at_ns=5, matter=Matter(zone='kiln', person='')),)
        """
        if was_ns == at_ns:
            return self
        dues = self.dues
        if was_ns is not None:
            place = bisect_left(dues, Due(was_ns, matter))
            dues = dues[:place] + dues[place + 1 :]
        if at_ns is not None:
            due = Due(at_ns, matter)
            place = bisect_left(dues, due)
            dues = (*dues[:place], due, *dues[place:])
        return Agenda(dues)
