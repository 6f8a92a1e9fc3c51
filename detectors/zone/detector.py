"""The zone detector: badge reads to presence, presence to crossings, crossings to breaches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from contract.assignment import AssignmentBlock
from contract.detection import Detection
from contract.detection_kinds import RESCUED, DetectionKind
from contract.door import DoorBlock, DoorEvent
from contract.instants import ns
from contract.reads import Read, ReadsBlock
from contract.site import Site
from contract.tick import Tick
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from detectors.assignments import Assignments
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.zone.crossing import Crossing
from detectors.zone.ground import STRANGER, UNIDENTIFIED, Ground
from detectors.zone.presence import Presence, PresenceModel, PresenceSettings
from detectors.zone.rules.catalogue import RULES
from detectors.zone.rules.rule import RuleSettings
from detectors.zone.scene import Casualty, Energy, Evacuation, Quiet
from detectors.zone.shelves import Shelves
from detectors.zone.warden import Warden, Watch

STRANGERS_KEPT = 1024


Shared = dict[str, list[Read | DoorEvent]]
"""What was heard, by whose tag it was."""
Move = tuple[Presence, Presence, tuple[Crossing, ...]]
"""Somebody's presence before and after, and the crossings between."""


ZoneMessage = (
    ReadsBlock | DoorBlock | ZoneStateBlock | EvacuationBlock | AssignmentBlock | Detection | Tick
)


@dataclass(frozen=True, slots=True)
class ZoneState:
    """Where everybody is believed to be, and what is made of it."""

    presences: Shelves[Presence] = field(default_factory=Shelves)
    assignments: Assignments = Assignments()  # noqa: RUF009 -- frozen: one empty value serves all
    watch: Watch = Watch()  # noqa: RUF009 -- frozen: one empty watch serves all


class ZoneDetector(Detector, PresenceSettings, RuleSettings):
    """Who is where, and whether the zones' rules are kept, of everybody on the site.

    Each rule of docs/zones.md that a zone's declaration asks for is looked at when somebody comes
    into a zone that it concerns or leaves it, when a zone's state or an evacuation is told, and
    when a time falls due: a permit ends, a stay becomes too long. A breach is told once, again as
    it lasts or worsens, and cleared when it has been over for `rejoin_s`, so that flapping on a
    boundary is one incident.

    Examples
    --------
    >>> from simulators.examples import walked, told
    >>> told("zone", walked(("aisle", 8), ("cell", 12)))
    ['onset zone_breach SEV1', 'update zone_breach SEV1']

    Notes
    -----
    An own design. The terms and what is asked of confined spaces follow 29 CFR 1910.146; nothing
    here makes a site compliant with it. How presence is estimated is in docs/presence.md.
    """

    kind: ClassVar[str] = "zone"
    tells: ClassVar = frozenset(
        {*(rule.kind for rule in RULES), DetectionKind.BLIND_AREA, DetectionKind.PRESENCE}
    )

    def presence(self) -> PresenceSettings:
        """Return how reads become presence."""
        return PresenceSettings(
            **{name: getattr(self, name) for name in PresenceSettings.model_fields}
        )

    def rules(self) -> RuleSettings:
        """Return what the rules of all zones have in common."""
        return RuleSettings(**{name: getattr(self, name) for name in RuleSettings.model_fields})

    def at(self, site: Site) -> ZoneFinder:
        """Return what runs with these settings."""
        return ZoneFinder(self, site)


class ZoneFinder(Finder[ZoneDetector, ZoneState, ZoneMessage]):
    """Follows everybody on the site through its zones."""

    keyed_by: ClassVar = "site"

    def __init__(self, settings: ZoneDetector, site: Site) -> None:
        super().__init__(settings)
        self.ground = Ground.of(site.anonymous())
        """What the rules know of the site."""
        self.model = PresenceModel.of(self.ground.site, settings.presence())
        """How the site's readers hear."""
        self.warden = Warden.of(self.ground, settings.rules())
        """The rules that the site's zones ask for."""
        zones = self.ground.site.zones
        self.minding = frozenset(
            (device.id, point)
            for device in self.ground.site.device
            for point, zone in (device.points or {"*": device.zone or ""}).items()
            if zone in zones and zones[zone].unknown_tags
        )
        """The readers' points in zones that mind unknown tags."""

    def start(self, subject: Subject) -> ZoneState:
        """Return a site on which nobody has been heard yet."""
        return ZoneState()

    def step(self, state: ZoneState, message: ZoneMessage) -> tuple[ZoneState, tuple[Finding, ...]]:
        """Take in a message, and say which rules are broken."""
        match message:
            case ReadsBlock():
                return self._heard(state, message.device, self._reads(state, message))
            case DoorBlock():
                return self._doors(state, message)
            case Tick():
                return self._tick(state, message.at_ns)
            case ZoneStateBlock():
                energy = Energy(message.state, message.t0_ns)
                watch, found = self.warden.energised(state.watch, message.zone, energy)
            case AssignmentBlock():
                assignments = state.assignments.after(message, self.ground.site)
                return replace(state, assignments=assignments), ()
            case EvacuationBlock():
                evacuation = Evacuation(message.on, message.t0_ns)
                watch, found = self.warden.evacuated(state.watch, message.zones, evacuation)
            case Detection():
                watch, found = self._detected(state.watch, message)
            case _:
                return state, ()
        return replace(state, watch=watch), found

    def _reads(self, state: ZoneState, block: ReadsBlock) -> Shared:
        """Share reads out to those who carry the tags."""
        found: Shared = {}
        for read in block.reads:
            person = state.assignments.wearer(self.ground.site, read.tag, read.t_ns)
            if person is None:
                if not self._minds(block.device, read.point):
                    continue
                person = STRANGER + read.tag
            found.setdefault(person, []).append(read)
        return found

    def _minds(self, device: str, point: str) -> bool:
        return (device, point) in self.minding or (device, "*") in self.minding

    def _doors(self, state: ZoneState, block: DoorBlock) -> tuple[ZoneState, tuple[Finding, ...]]:
        shared: Shared = {}
        shut: list[tuple[str, str, int]] = []
        for event in block.events:
            person = state.assignments.wearer(self.ground.site, event.tag, event.t_ns)
            door = self.ground.site.doors.get(event.door)
            if person is None:
                continue
            shared.setdefault(person, []).append(event)
            if not event.granted and door is not None:
                shut.append((person, door.zone, event.t_ns))
        state, found = self._heard(state, block.device, shared)
        watch = state.watch
        for person, zone, at_ns in shut:
            watch, new = self.warden.refused(watch, person, zone, at_ns)
            found += new
        return replace(state, watch=watch), found

    def _detected(self, watch: Watch, detection: Detection) -> tuple[Watch, tuple[Finding, ...]]:
        if detection.kind == DetectionKind.VISIT:
            return self._visited(watch, detection)
        zone = self.ground.site.zones.get(detection.zone or "")
        if detection.kind not in RESCUED or zone is None or not zone.idlh:
            return watch, ()
        casualty = Casualty(detection.person, zone.id, detection.onset_ns)
        over = detection.phase == "clear"
        return self.warden.down(watch, detection.id, casualty, over=over)

    def _visited(self, watch: Watch, visit: Detection) -> tuple[Watch, tuple[Finding, ...]]:
        """Follow somebody whom a camera sees come into a zone, or leave it."""
        if visit.zone is None or visit.zone not in self.ground.site.zones:
            return watch, ()
        dwell_ns = ns(visit.evidence.get("dwell_s", 0.0)) if visit.phase == "clear" else 0
        crossing = Crossing(
            UNIDENTIFIED + visit.id,
            visit.zone,
            "exit" if visit.phase == "clear" else "entry",
            min(visit.onset_ns + dwell_ns, visit.decided_ns),
            visit.decided_ns,
            visit.confidence,
            visit.device,
            track=visit.track,
        )
        return self.warden.crossed(watch, (crossing,))

    def _tick(self, state: ZoneState, at_ns: int) -> tuple[ZoneState, tuple[Finding, ...]]:
        later: dict[str, Presence] = {}
        gone: list[str] = []
        moves: list[Move] = []
        for shelf in state.presences.shelves:
            for person, before in shelf.items():
                several = person in state.assignments.several
                after, crossings = self.model.reach(before, at_ns, several=several)
                if after is not before:
                    later[person] = after
                if crossings:
                    moves.append((before, after, crossings))
                elif person.startswith(STRANGER) and not after.stays and self._silent(after, at_ns):
                    gone.append(person)
        watch, late = self.warden.ticked(state.watch, at_ns)
        watch, found = self._moved(watch, moves)
        watch, due = self.warden.advance(watch, at_ns)
        presences = state.presences.having(later).without(*gone)
        return replace(state, presences=presences, watch=watch), late + found + due

    def _heard(
        self, state: ZoneState, device: str, shared: Shared
    ) -> tuple[ZoneState, tuple[Finding, ...]]:
        if not shared:
            return state, ()
        later: dict[str, Presence] = {}
        moves: list[Move] = []
        again: list[Presence] = []
        for person, heard in shared.items():
            before = state.presences.get(person)
            if before is None:
                if person.startswith(STRANGER) and self._full(state.presences):
                    continue
                before = self.model.start(person)
            several = person in state.assignments.several
            after, crossings = self.model.observe(before, device, heard, several=several)
            later[person] = after
            if crossings:
                moves.append((before, after, crossings))
            elif person in state.watch.scene.quiet:
                again.append(after)
        watch, found = self._moved(state.watch, moves)
        for presence in again:
            watch, new = self._heard_again(watch, presence)
            found += new
        return replace(state, presences=state.presences.having(later), watch=watch), found

    def _full(self, presences: Shelves[Presence]) -> bool:
        """Whether no further stranger is followed."""
        return len(presences) >= STRANGERS_KEPT + len(self.ground.site.wearer)

    def _moved(self, watch: Watch, moves: list[Move]) -> tuple[Watch, tuple[Finding, ...]]:
        """Follow those who crossed, in the order in which that was settled."""
        found: tuple[Finding, ...] = ()
        moves.sort(key=lambda move: (move[2][0].decided_ns, move[1].person))
        for before, after, crossings in moves:
            watch, new = self.warden.crossed(watch, crossings)
            found += new
            if before.stays and not after.stays:
                watch, new = self._gone(watch, before, after, crossings[-1].decided_ns)
                found += new
        return watch, found

    def _gone(
        self, watch: Watch, before: Presence, after: Presence, decided_ns: int
    ) -> tuple[Watch, tuple[Finding, ...]]:
        """Follow somebody who is in no zone any more: they have left, or only gone quiet."""
        seen = after.last_seen
        if seen is None or not self._silent(after, decided_ns):
            return watch, ()
        heard_by = self.ground.site.devices.get(seen.device)
        if heard_by is not None and heard_by.kind == "door":
            return watch, ()
        quiet = Quiet(tuple(stay.zone for stay in before.stays), seen.t_ns, seen.device)
        return self.warden.fell_quiet(watch, after.person, quiet)

    def _heard_again(self, watch: Watch, presence: Presence) -> tuple[Watch, tuple[Finding, ...]]:
        """Count the quiet from a read that settles no zone: it may be the last."""
        quiet = watch.scene.quiet[presence.person]
        if presence.last_seen is None or presence.last_seen.t_ns <= quiet.heard_ns:
            return watch, ()
        later = quiet._replace(heard_ns=presence.last_seen.t_ns)
        return self.warden.fell_quiet(watch, presence.person, later)

    def _silent(self, presence: Presence, at_ns: int) -> bool:
        return (presence.silent_s(at_ns) or 0) >= self.settings.gone_s / 2
