"""Alarms against the truth: what was found, what was false, how long it took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contract.severity import Hazard
from simulators.plant.truth import Crossing, Visit

GRACE_S = 5.0
"""An alarm may come so long after somebody has left, and still be about that visit."""
SETTLE_S = 20.0
"""Alarms before this are about where people stood when the plant was switched on."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm, with when the watcher gave it."""

    person: str
    zone: str
    at_s: float


@dataclass(slots=True)
class Tally:
    """Counts of one class of hazard."""

    breaches: int = 0
    found: int = 0
    false: int = 0
    doubled: int = 0
    """Of the false ones: a second alarm for one breach."""
    grazes: int = 0
    """Alarms that count neither way."""
    took_s: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of breaches found; 1 if there was none."""
        return self.found / self.breaches if self.breaches else 1.0

    @property
    def precision(self) -> float:
        """Share of alarms that are right; 1 if there was none."""
        alarms = self.found + self.false
        return self.found / alarms if alarms else 1.0


def score(
    visits: Sequence[Visit], alarms: Iterable[Raised], hazards: Mapping[str, Hazard]
) -> dict[Hazard, Tally]:
    """Return a tally for each class. What counts is in `simulators.plant.truth`."""
    tallies: dict[Hazard, Tally] = {"A": Tally(), "B": Tally(), "C": Tally()}
    of: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        of.setdefault((visit.person, visit.zone), []).append(visit)
        if visit.breach_s is not None:
            tallies[visit.hazard].breaches += 1
    found: set[Visit] = set()
    for alarm in sorted(alarms, key=lambda raised: raised.at_s):
        if alarm.at_s < SETTLE_S:
            continue
        tally = tallies[hazards[alarm.zone]]
        about = [
            visit
            for visit in of.get((alarm.person, alarm.zone), ())
            if visit.from_s <= alarm.at_s <= visit.left_s + GRACE_S
        ]
        wanted = [visit for visit in about if visit.breach_s is not None and visit not in found]
        if wanted:
            breach = wanted[0]
            assert breach.breach_s is not None
            found.add(breach)
            tally.found += 1
            tally.took_s.append(max(0.0, alarm.at_s - breach.breach_s))
        elif any(visit.breach_s is None for visit in about):
            tally.grazes += 1
        else:
            tally.false += 1
            tally.doubled += bool(about)
    return tallies


@dataclass(slots=True)
class Follower:
    """Notes when a watcher's idea of where somebody is follows a real crossing."""

    crossings: Sequence[Crossing]
    took_s: list[float] = field(default_factory=list)
    missed: int = 0
    _next: int = 0
    _open: list[Crossing] = field(default_factory=list)

    def look(self, at_s: float, zone_of: Callable[[str], str | None]) -> None:
        """Compare at one moment."""
        while self._next < len(self.crossings) and self.crossings[self._next].at_s <= at_s:
            if self.crossings[self._next].at_s >= SETTLE_S:
                self._open.append(self.crossings[self._next])
            self._next += 1
        still = []
        for crossing in self._open:
            if zone_of(crossing.person) == crossing.zone:
                self.took_s.append(at_s - crossing.at_s)
            elif at_s > crossing.until_s:
                self.missed += 1
            else:
                still.append(crossing)
        self._open = still
