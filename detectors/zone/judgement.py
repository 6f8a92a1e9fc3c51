"""Goes through the moments that can be judged, one after the other, for one person."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import partial

import numpy as np

from contract.instants import ns, seconds
from detectors.zone.belief import Floats, through, told, weighed
from detectors.zone.crossing import Crossing
from detectors.zone.decision import Decision, Grounds
from detectors.zone.ears import NO_LEVEL, exact
from detectors.zone.known import Known
from detectors.zone.person import COORDINATE, GRID_NS, Heard, Mind, Passed, Presence
from detectors.zone.tags import followed, resting

DOUBT = 0.02
"""No coordinate is believed further: a reflection puts a tag behind the wall."""
SETTLED = 0.999
"""Somebody of whose zone there is no more doubt is judged at every second moment only."""


class Judgement:
    """One person's presence while moments are judged. Used once."""

    def __init__(
        self, known: Known, presence: Presence, several: bool, tick_ns: int | None = None
    ) -> None:
        self._known, self._set, self._was = known, known.settings, presence
        self._several, self._tick_ns = several, tick_ns
        self._look_ns, self._most_ns = ns(self._set.look_s), ns(self._set.look_most_s)
        mind = presence.mind
        self._belief = np.frombuffer(mind.belief) if mind.belief else known.movement.start
        self._believed, self._settled = mind.believed, mind.settled
        self._begun, self._spell_reads = mind.begun, mind.spell_reads
        self._heard_ns, self._door_ns, self._traces = mind.heard_ns, mind.door_ns, mind.traces
        self._heard = sorted(set(presence.heard))
        self._times = [each.t_ns for each in self._heard]
        self._passed = sorted(set(presence.passed))
        self._sums: Floats | None = None
        self._after: Floats | None = None
        self._decision = Decision(known, presence, tick_ns)

    def until(self, until_ns: int) -> tuple[Presence, tuple[Crossing, ...]]:
        """Judge every moment up to `until_ns`, and return what is believed then."""
        assert self._was.judged is not None
        # Nothing is judged beyond what was heard: an agent that was cut off may deliver it later.
        ends_ns = [time_ns + self._look_ns for time_ns in self._times[-1:]]
        ends_ns += [event.t_ns for event in self._passed[-1:]]
        last = max(-(-max(ends_ns, default=0) // GRID_NS), self._was.judged)
        cell, due = self._was.judged, min(until_ns // GRID_NS, last)
        while cell < due and (following := self._next(cell, last)) <= due:
            cell = following
            while self._passed and self._passed[0].t_ns <= cell * GRID_NS:
                self._pass(self._passed.pop(0), cell)
            self._listen(cell)
        if self._tick_ns is not None and cell >= last:
            self._fall_silent(self._tick_ns)
        return self._presence(cell), tuple(self._decision.crossings)

    def _next(self, cell: int, last: int) -> int:
        """Return the next moment at which there is something to judge, or the last there is."""
        following = cell + 1
        if self._settled:  # a moment of an even number, wherever blocks were cut
            following += following % 2
        after = bisect_right(self._times, following * GRID_NS - self._look_ns)
        if after < len(self._times):
            following = max(following, -(-self._times[after] // GRID_NS))
        else:
            following = last
        if self._passed:
            following = min(following, max(cell + 1, -(-self._passed[0].t_ns // GRID_NS)))
        return min(following, last)

    def _listen(self, cell: int) -> None:
        """Judge the reads of the look that ends with this moment."""
        edge_ns = cell * GRID_NS
        look: Sequence[int] = self._look(edge_ns)
        if self._several:
            look = self._worn(look)
        if not look:
            return
        first_ns, last_ns = self._times[look[0]], self._times[look[-1]]
        self._fall_silent(first_ns)
        if self._begun is None or first_ns - self._heard_ns > ns(self._set.place_s):
            self._begun, self._spell_reads = cell, 0
        if self._spell_reads < self._set.enter_reads:
            self._spell_reads += sum(self._times[i] > self._heard_ns for i in look)
        self._heard_ns = max(self._heard_ns, last_ns)
        before = self._believed or cell
        if cell > before:
            self._belief = self._known.movement.after(self._belief, cell - before)
        self._believed = cell
        nats = self._told(look)
        opens = self._begun + self._look_ns // GRID_NS - 1
        if cell >= opens:
            passed = cell - max(before, opens)
            # The first look is all new; after it only as much as another place is to be expected.
            new = float(before < opens or cell == opens == before)
            new += passed * seconds(GRID_NS) / self._set.place_s
            self._belief = weighed(self._belief, nats * new)
        self._after = weighed(self._belief, nats)
        heard = self._heard[look[0] : look[-1] + 1]
        grounds = Grounds(
            heard, None, self._spell_reads, partial(self._robbed, look), cell <= opens
        )
        self._decision.weigh(self._after, cell, grounds)
        here = self._decision.here
        sure = here is not None and self._decision.rival is None and cell >= opens
        self._settled = sure and bool(self._after[here] > SETTLED)

    def _look(self, edge_ns: int) -> range:
        """Return the reads of a look; of a tag that is seldom heard, older ones as well."""
        first = bisect_right(self._times, edge_ns - self._look_ns)
        last = bisect_right(self._times, edge_ns)
        if last - first >= self._set.look_reads or first == last:
            return range(first, last)
        longest = bisect_right(self._times, edge_ns - max(self._most_ns, self._look_ns))
        return range(max(longest, last - self._set.look_reads), last)

    def _fall_silent(self, at_ns: int) -> None:
        """Whoever was not heard until `at_ns` has left, if anything would hear them."""
        gone_ns = ns(max(self._set.gone_s, self._set.await_s))
        if not self._heard_ns or at_ns - self._heard_ns <= gone_ns:
            return
        here = self._decision.here
        if here is not None:
            if here not in self._known.covered:
                return
            self._decision.fall_silent(self._heard_ns, self._heard_ns + gone_ns, self._after)
        self._belief, self._begun, self._after = self._known.movement.start, None, None
        self._believed, self._settled = 0, False

    def _pass(self, event: Passed, cell: int) -> None:
        """Somebody went through a door, or was refused and did not."""
        if event.t_ns <= self._door_ns:
            return
        self._door_ns = event.t_ns
        if event.direction == "refused":
            return
        guarded, other = self._known.sides[event.door]
        # A door that does not know the way leads out whoever is in, and in whoever is not.
        within = self._decision.is_in(guarded)
        way = event.direction if event.direction != "unknown" else "out" if within else "in"
        self._belief = through(self._belief, guarded if way == "in" else other)
        self._believed, self._heard_ns = cell, max(self._heard_ns, event.t_ns)
        # What was heard before was on the door's other side.
        kept = bisect_right(self._times, event.t_ns)
        self._heard, self._times, self._sums = self._heard[kept:], self._times[kept:], None
        self._after, self._settled = self._belief, False
        self._decision.weigh(self._after, cell, Grounds(door=event))

    def _told(self, look: Sequence[int]) -> Floats:
        if self._sums is None:
            self._sums = self._evidence()
        sums = self._sums
        if isinstance(look, range):
            total = sums[look.stop] - sums[look.start]
        else:
            total = (sums[np.add(look, 1)] - sums[look]).sum(axis=0)
        return told(total, len(look), self._set.likeness)

    def _robbed(self, look: Sequence[int], best: int) -> Floats:
        """Return what is believed without the read of a look that speaks most for a place."""
        assert self._sums is not None
        assert self._after is not None
        rows = np.fromiter(look, np.intp, len(look))
        each = self._sums[rows + 1] - self._sums[rows]
        other = self._after.copy()
        other[best] = -1.0
        for_best = each[:, best] - each[:, int(other.argmax())]
        total = each.sum(axis=0) - each[int(for_best.argmax())]
        return weighed(self._belief, told(total, len(look) - 1, self._set.likeness))

    def _evidence(self) -> Floats:
        """Return running sums of what each read says; the columns are those of `told`."""
        ears = self._known.ears
        zones = len(ears.zones)
        sums = np.zeros((len(self._heard) + 1, zones + 2))
        points = [each.point for each in self._heard]
        at = [i for i, point in enumerate(points) if point != COORDINATE]
        if len(at) == len(points):
            sums[1:, :zones] = ears.evidence(points, [each.told for each in self._heard])
            sums[1:, zones + 1] = 1
        else:
            if at:
                rows, heard = np.add(at, 1), [self._heard[i] for i in at]
                said = ears.evidence([e.point for e in heard], [e.told for e in heard])
                sums[rows, :zones], sums[rows, zones + 1] = said, 1
            for i, each in enumerate(self._heard):
                if each.point == COORDINATE:
                    sums[i + 1, : zones + 1] = self._at(each)
        return sums.cumsum(axis=0, out=sums)

    def _at(self, heard: Heard) -> Floats:
        """Return what a coordinate says: in each zone and in none that lies in it, or nowhere."""
        alone = np.zeros(len(self._known.ears.zones))
        for zone, probable in heard.inside:
            alone[zone] = probable
        outside = 1 - alone.max(initial=0.0)
        for zone, probable in heard.inside:
            for around in self._known.outer[zone]:
                alone[around] *= 1 - probable
        return exact(np.log(DOUBT + (1 - DOUBT) * np.append(alone, outside)))

    def _worn(self, look: Sequence[int]) -> list[int]:
        """Return the reads of tags that are not at rest, having followed the new ones."""
        heard = [self._heard[i] for i in look]
        new = [
            (each.t_ns, each.point, each.level_dbm, each.tag)
            for each in heard
            if each.t_ns > self._heard_ns and each.level_dbm != NO_LEVEL
        ]
        self._traces = followed(self._traces, new)
        still = resting(self._traces)
        return [i for i, each in zip(look, heard, strict=True) if each.tag not in still]

    def _presence(self, cell: int) -> Presence:
        edge_ns = cell * GRID_NS
        kept = min(
            bisect_right(self._times, edge_ns - self._look_ns),
            max(0, bisect_right(self._times, edge_ns) - self._set.look_reads),
        )
        was, decision = self._was, self._decision
        return Presence(
            was.person,
            decision.confident(self._after),
            was.last_seen,
            was.late_reads,
            was.newest_ns,
            cell,
            tuple(self._heard[kept:]),
            tuple(self._passed),
            Mind(
                self._belief.tobytes(),
                self._believed,
                self._settled,
                self._begun,
                self._spell_reads,
                self._heard_ns,
                self._door_ns,
                decision.rival,
                decision.rival_since,
                decision.candidate,
                decision.candidate_since,
                self._traces,
            ),
        )
