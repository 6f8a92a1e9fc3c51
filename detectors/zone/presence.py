"""Who is where: one person's zones out of badge reads, door events and coordinates.

A `PresenceModel` is what the site knows: zones, who borders whom, what each antenna hears. A
`Presence` is what is believed of one person, and is never changed in place::

    model = PresenceModel.of(site, PresenceSettings())
    presence = model.start("m-keller")
    presence, crossings = model.observe(presence, "reader-south", reads)  # reads of this person
    presence, crossings = model.observe(presence, "acs-1", door_events)   # of this person
    presence, crossings = model.reach(presence, tick.at_ns)               # time passes

The method, its formulas and its limits are in docs/presence.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from contract.door import DoorEvent
from contract.instants import ns
from contract.reads import Read
from contract.site import Site
from detectors.zone.adjacency import polygons
from detectors.zone.crossing import Crossing
from detectors.zone.ears import NO_LEVEL
from detectors.zone.floorplan import FloorPlan
from detectors.zone.judgement import Judgement
from detectors.zone.known import Known
from detectors.zone.person import COORDINATE, GRID_NS, Heard, Passed, Presence, Seen, Stay
from detectors.zone.settings import PresenceSettings
from detectors.zone.tags import resting

__all__ = ["GRID_NS", "Presence", "PresenceModel", "PresenceSettings", "Seen", "Stay"]


@dataclass(frozen=True, slots=True, eq=False)
class PresenceModel:
    """What a site knows of its zones, antennas and doors. Make it once a site with `of`."""

    settings: PresenceSettings
    known: Known
    plan: FloorPlan
    several: frozenset[str]
    """People who have more than one tag."""
    look_ns: int
    reorder_ns: int
    await_ns: int
    gone_ns: int

    @classmethod
    def of(cls, site: Site, settings: PresenceSettings) -> PresenceModel:
        """Return the model of a site: its readers' points, polygons and calibrated hearing."""
        known = Known.of(site, settings)
        tags = Counter(device.wearer for device in site.device if device.tag and device.wearer)
        plan = FloorPlan.of({known.number[z]: shape for z, shape in polygons(site).items()})
        several = frozenset(person for person, count in tags.items() if person and count > 1)
        look_ns, reorder_ns = ns(settings.look_s), ns(settings.reorder_s)
        await_ns, gone_ns = ns(settings.await_s), ns(settings.gone_s)
        return cls(settings, known, plan, several, look_ns, reorder_ns, await_ns, gone_ns)

    def start(self, person: str) -> Presence:
        """Return somebody of whom nothing was heard yet."""
        return Presence(person)

    def observe(
        self,
        presence: Presence,
        device: str,
        heard: Iterable[Read | DoorEvent],
        *,
        several: bool = False,
    ) -> tuple[Presence, tuple[Crossing, ...]]:
        """Take in what `device` reports of this person, and judge what that settles.

        Parameters
        ----------
        presence
            The person's.
        device
            The reader, camera or door controller that reports.
        heard
            Reads and door events of this person's tags only, in any order.
        several
            They carry more than one tag, though the site file gives them one at most.

        Returns
        -------
        tuple
            What is believed now, and the crossings that were settled, in the order of time.
        """
        reads: list[Heard] = []
        passed: list[Passed] = []
        judged, seen, late = presence.judged, presence.last_seen, 0
        look_ns = self.look_ns
        oldest_ns = judged * GRID_NS - look_ns if judged is not None else 0
        newest_ns, mind = presence.newest_ns, presence.mind
        resting_tags = resting(mind.traces) if mind.traces else ()
        for each in heard:
            if isinstance(each, DoorEvent):
                if each.door in self.known.sides and each.t_ns > mind.door_ns:
                    direction = each.direction if each.granted else "refused"
                    passed.append(Passed(each.t_ns, each.door, direction))
                    newest_ns = max(newest_ns, each.t_ns)
                    if seen is None or each.t_ns > seen.t_ns:
                        seen = self._at_door(device, each)
                continue
            read = self._read(device, each)
            if read is None:
                continue
            if read.t_ns <= oldest_ns:
                late += 1
                continue
            reads.append(read)
            newest_ns = max(newest_ns, read.t_ns)
            if (seen is None or read.t_ns > seen.t_ns) and read.tag not in resting_tags:
                zone = self.known.place(read)
                zone_id = self.known.ears.zones[zone] if zone >= 0 else None
                seen = Seen(read.t_ns, device, each.point, read.tag, zone_id)
        if judged is None:
            if not reads and not passed:
                return presence, ()
            first_ns = min([*(r.t_ns for r in reads), *(p.t_ns for p in passed)])
            judged = (first_ns - self.reorder_ns) // GRID_NS - 1
        presence = Presence(
            presence.person,
            presence.stays,
            seen,
            presence.late_reads + late,
            newest_ns,
            judged,
            (*presence.heard, *reads),
            (*presence.passed, *passed),
            mind,
        )
        until_ns = newest_ns - self.reorder_ns
        following = judged + 1 + ((judged + 1) % 2 if mind.settled and not presence.passed else 0)
        if until_ns < following * GRID_NS:
            return presence, ()
        return self._judged(presence, until_ns, None, several)

    def reach(
        self, presence: Presence, at_ns: int, *, several: bool = False
    ) -> tuple[Presence, tuple[Crossing, ...]]:
        """Let time pass up to `at_ns`, without anything being heard."""
        if not (presence.stays or presence.heard or presence.passed):
            return presence, ()
        until_ns = at_ns - self.await_ns
        silent_ns = at_ns - max(presence.mind.heard_ns, presence.newest_ns)
        if until_ns <= presence.judged_ns or (
            silent_ns < self.gone_ns and not presence.heard and not presence.passed
        ):
            return presence, ()
        return self._judged(presence, until_ns, at_ns, several)

    def _read(self, device: str, read: Read) -> Heard | None:
        ears = self.known.ears
        if read.position_m is not None:
            inside = self.plan.inside(read.position_m, read.position_error_m)
            return Heard(read.t_ns, COORDINATE, NO_LEVEL, read.tag, 0.0, inside)
        point = ears.point(device, read.point)
        if point is None:
            return None
        level_dbm = read.rssi_dbm
        told = ears.told(level_dbm, read.tag)
        return Heard(read.t_ns, point, NO_LEVEL if level_dbm is None else level_dbm, read.tag, told)

    def _at_door(self, device: str, event: DoorEvent) -> Seen:
        guarded, other = self.known.sides[event.door]
        zones = self.known.ears.zones
        to = other if event.direction == "out" or not event.granted else guarded
        return Seen(
            event.t_ns, device, event.door, event.tag, zones[to] if to < len(zones) else None
        )

    def _judged(
        self, presence: Presence, until_ns: int, tick_ns: int | None, several: bool
    ) -> tuple[Presence, tuple[Crossing, ...]]:
        several = several or presence.person in self.several
        return Judgement(self.known, presence, several, tick_ns).until(until_ns)
