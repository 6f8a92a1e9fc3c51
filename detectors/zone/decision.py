"""When a probable zone is believed: hysteresis, and the crossings that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contract.instants import ns, seconds
from detectors.zone.belief import Floats
from detectors.zone.crossing import Crossing
from detectors.zone.ears import NO_LEVEL
from detectors.zone.known import Known
from detectors.zone.person import GRID_NS, Heard, Passed, Presence, Stay

FEW_READS = 3
"""Of fewer reads than this none can be left out: the rest would say nothing."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a decision rests on: the reads of a look, or a door event."""

    heard: Sequence[Heard] = ()
    door: Passed | None = None
    spell_reads: int = 0
    robbed: Callable[[int], Floats] | None = None
    """What would be believed without the read that speaks most for a place."""
    begun: bool = False
    """The look has just begun."""


class Decision:
    """The zones that one person is in, while moments are judged. Used once.

    Somebody is put into a zone when it is so probable, `enter_share` from nowhere and `cross_share`
    from another zone, and in doubt between zones into the one that both lie in; where an alarm
    hangs on it, when it has been so for `dwell_s`. Whoever is in a zone stays there until another
    is believed, or nothing was heard for `gone_s`.
    """

    def __init__(self, known: Known, presence: Presence, tick_ns: int | None) -> None:
        self._known, self._set = known, known.settings
        self._person, self._tick_ns = presence.person, tick_ns
        self._seen_by = presence.last_seen.device if presence.last_seen else None
        self.stays, self.rival = presence.stays, presence.mind.rival
        self.rival_since = presence.mind.rival_since
        self.candidate = presence.mind.candidate
        self.candidate_since = presence.mind.candidate_since
        self.crossings: list[Crossing] = []
        self.here = known.number[self.stays[0].zone] if self.stays else None
        """The number of the innermost zone that the person is in."""

    def weigh(self, after: Floats, cell: int, grounds: Grounds) -> None:
        """Look at the probabilities of one moment."""
        best, here = int(after.argmax()), self.here
        elsewhere = len(after) - 1
        if best == here or (best == elsewhere and here is None):
            self.rival = self.candidate = None
            return
        if best != self.rival:
            self.rival, self.rival_since = best, cell
        target = self._believable(best, after, here, grounds)
        if target != self.candidate:
            self.candidate, self.candidate_since = target, cell
        if target is None or not self._held(target, cell, grounds):
            return
        chain = () if target == elsewhere else (target, *self._known.outer[target])
        at_ns = grounds.door.t_ns if grounds.door else self.rival_since * GRID_NS
        decided_ns = cell * GRID_NS + ns(self._set.reorder_s)
        if self._tick_ns is not None:
            decided_ns = max(decided_ns, self._tick_ns)
        evidence, device = self._told(grounds, target)
        self._move(chain, at_ns, decided_ns, self.sure(target, after), device, evidence)

    def is_in(self, zone: int) -> bool:
        """Whether the person is in a zone, or in one that lies in it."""
        return self.here is not None and zone in (self.here, *self._known.outer[self.here])

    def fall_silent(self, heard_ns: int, at_ns: int, after: Floats | None) -> None:
        """Take somebody out who was last heard at `heard_ns`."""
        decided_ns = self._tick_ns if self._tick_ns is not None else at_ns
        decided_ns = max(decided_ns, heard_ns)
        silent_s = round(seconds(decided_ns - heard_ns), 2)
        sure = round(1 - 0.5 * self.confident(after)[0].confidence, 6)
        self._move((), heard_ns, decided_ns, sure, self._seen_by, {"silent_s": silent_s})

    def sure(self, zone: int, after: Floats) -> float:
        """Return how probable a zone is, with those that lie in it."""
        inner = self._known.inner.get(zone)
        total = after[zone] + (after[inner].sum() if inner else 0.0)
        # Sums of floats depend on where they begin: beyond six places nothing is known.
        return round(min(float(total), 1.0), 6)

    def confident(self, after: Floats | None) -> tuple[Stay, ...]:
        """Return the stays with their probabilities now."""
        if after is None:
            return self.stays
        number = self._known.number
        return tuple(
            Stay(stay.zone, stay.since_ns, self.sure(number[stay.zone], after))
            for stay in self.stays
        )

    def _believable(
        self, best: int, after: Floats, here: int | None, grounds: Grounds
    ) -> int | None:
        if here is None and grounds.door is None and grounds.spell_reads < self._set.enter_reads:
            return None
        share = self._set.enter_share if here is None else self._set.cross_share
        here_around = (here, *self._known.outer[here]) if here is not None else ()
        around = [zone for zone in self._known.outer.get(best, ()) if zone not in here_around]
        if max([after[best], *(self.sure(zone, after) for zone in around)]) < share:
            return None
        sure = after
        # A newcomer, a look that has just begun, an alarm: there no single read shall decide.
        careful = here is None or grounds.begun or best in self._known.hazardous
        if careful and grounds.robbed and len(grounds.heard) >= FEW_READS:
            sure = grounds.robbed(best)
        if sure[best] >= share:
            return best
        return next((zone for zone in around if self.sure(zone, sure) >= share), None)

    def _held(self, target: int, cell: int, grounds: Grounds) -> bool:
        """Whether a zone has been believed for long enough: where an alarm hangs on it."""
        if grounds.door is not None or target not in self._known.hazardous:
            return True
        return (cell - self.candidate_since) * GRID_NS >= ns(self._set.dwell_s)

    def _move(
        self,
        chain: tuple[int, ...],
        at_ns: int,
        decided_ns: int,
        sure: float,
        device: str | None,
        evidence: Mapping[str, float],
    ) -> None:
        names = [self._known.ears.zones[zone] for zone in chain]
        kept = {stay.zone: stay for stay in self.stays if stay.zone in names}
        left = [stay for stay in self.stays if stay.zone not in names]
        # Nobody leaves before they came, whatever the last look says.
        at_ns = min(max([at_ns, *(stay.since_ns for stay in left)]), decided_ns)
        for stay in left:
            self.crossings.append(
                Crossing(self._person, stay.zone, "exit", at_ns, decided_ns, sure, device, evidence)
            )
        for name in reversed([name for name in names if name not in kept]):
            self.crossings.append(
                Crossing(self._person, name, "entry", at_ns, decided_ns, sure, device, evidence)
            )
        self.stays = tuple(kept.get(name) or Stay(name, at_ns, sure) for name in names)
        self.here, self.rival, self.candidate = (chain[0] if chain else None), None, None

    def _told(self, grounds: Grounds, zone: int) -> tuple[dict[str, float], str | None]:
        """Return what is behind a decision in numbers, and the device that weighed most."""
        if grounds.door is not None:
            return {"door_events": 1.0}, grounds.door.door
        heard = grounds.heard
        levels = [each.level_dbm for each in heard if each.level_dbm != NO_LEVEL]
        at = [each for each in heard if self._known.place(each) == zone]
        evidence = {"reads": float(len(heard)), "reads_in_zone": float(len(at))}
        if levels:
            evidence["rssi_dbm"] = round(sum(levels) / len(levels), 1)
        readers = Counter(self._known.reader(each) for each in at or heard)
        device = readers.most_common(1)[0][0] if readers else None
        return evidence, device or self._seen_by
