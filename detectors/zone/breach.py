"""Somebody is where they must not be: presence against the site's rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import Field

from contract.detection import Phase
from contract.instants import ns, seconds
from contract.message import Message
from contract.reads import ReadsBlock
from contract.site import Site, Zone
from contract.tick import Tick
from detectors.detector import Detector
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.zone.presence import Heard, Presence, PresenceSettings, weight


@dataclass(frozen=True, slots=True)
class Breach:
    """One stay in a zone without authority. A short absence does not end it."""

    zone: str
    onset_ns: int
    device: str
    told: int = 0
    """How many of `dwell_steps_s` have been reported."""
    left_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ZoneState:
    """Where one person is, and the breach that they are in."""

    subject: Subject
    presence: Presence = Presence()  # noqa: RUF009 -- frozen: one empty presence serves all
    breach: Breach | None = None


class ZoneDetector(Detector[ZoneState]):
    """Badge reads to presence, and presence to breaches of the zones' rules.

    A breach begins when presence in a zone with a hazard class is settled and neither the wearer's
    role nor their name is among those who may be there. It is reported again when the stay reaches
    the times of the site's severity, and cleared when the person has left for `rejoin_s`: coming
    back before is the same breach, so flapping on a boundary is one incident.

    Notes
    -----
    An own design, after what real readers do: of a walk inside one quadrant of a room with four
    antennas, the strongest antenna named the quadrant in only 61 % of one-second windows, and 13 to
    16 % of consecutive reads went back in time. How many breaches it misses is not measured yet.
    """

    kind: ClassVar[str] = "zone"
    accepts: ClassVar[tuple[type[Message], ...]] = (ReadsBlock, Tick)
    keyed_by: ClassVar = "person"

    window_s: float = Field(3.0, gt=0, le=30, description="Reads of this long vote")
    enter_s: float = Field(1.0, ge=0, le=30, description="A zone must lead this long")
    gone_s: float = Field(15.0, gt=0, le=600, description="Silence after which the person has left")
    reorder_s: float = Field(1.0, ge=0, le=10, description="Reads may be this late")
    share: float = Field(0.5, gt=0, le=1, description="Least share of the votes to lead")
    reads: int = Field(3, ge=1, le=100, description="Least number of reads to lead")
    rejoin_s: float = Field(20.0, ge=0, le=600, description="Back within this: the same breach")
    dwell_steps_s: tuple[float, ...] = Field(
        (5.0, 30.0, 120.0, 600.0), description="A stay is reported when it has lasted this long"
    )
    zones: dict[str, Zone] = Field(
        default_factory=dict, description="Filled in from the site file, not written here"
    )
    points: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Filled in: the zone of each reader's antenna"
    )

    def at(self, site: Site) -> ZoneDetector:
        """Take the zones, the readers' antennas and the tiers' times from the site."""
        times = {site.severity.zone_b_dwell_s, site.severity.zone_c_dwell_s, *self.dwell_steps_s}
        points: dict[str, dict[str, str]] = {}
        for device in site.device:
            if device.kind == "reader" and (device.points or device.zone):
                points[device.id] = dict(device.points) or {"*": device.zone or ""}
        return self.model_copy(
            update={
                "zones": dict(site.zones),
                "points": points,
                "dwell_steps_s": tuple(sorted(times)),
            }
        )

    def start(self, subject: Subject) -> ZoneState:
        """Return somebody who has not been heard yet."""
        return ZoneState(subject)

    def step(self, state: ZoneState, message: Message) -> tuple[ZoneState, tuple[Finding, ...]]:
        """Judge every moment that the message settles."""
        found: list[Finding] = []
        moments: list[Presence] = []
        if isinstance(message, Tick):
            presence = state.presence.reach(message.at_ns, self._settings, moments)
            state = self._told(state, moments, found)
            return replace(state, presence=presence), tuple(found)
        assert isinstance(message, ReadsBlock)
        points = self.points.get(message.device, {})
        for read in message.reads:
            zone = points.get(read.point) or points.get("*")
            if zone is None:
                continue
            heard = Heard(read.t_ns, zone, weight(read.rssi_dbm), message.device)
            presence, moments = state.presence.hear(heard, self._settings)
            state = replace(self._told(state, moments, found), presence=presence)
        return state, tuple(found)

    @property
    def _settings(self) -> PresenceSettings:
        return PresenceSettings(
            self.window_s, self.enter_s, self.gone_s, self.reorder_s, self.share, self.reads
        )

    def _told(self, state: ZoneState, moments: list[Presence], found: list[Finding]) -> ZoneState:
        before = state.presence
        for moment in moments:
            assert moment.judged is not None
            at_ns = moment.at_ns
            if moment.zone != before.zone:
                found += _moved(before, moment, at_ns)
            state = self._breach(state, moment, at_ns, found)
            before = moment
        return replace(state, presence=before)

    def _breach(
        self, state: ZoneState, moment: Presence, at_ns: int, found: list[Finding]
    ) -> ZoneState:
        breach = state.breach
        if breach is not None and moment.zone != breach.zone:
            left_ns = breach.left_ns if breach.left_ns is not None else at_ns
            elsewhere = moment.zone is not None and not self._may(state.subject, moment.zone)
            breach = replace(breach, left_ns=left_ns)
            if elsewhere or at_ns - left_ns >= ns(self.rejoin_s):
                found.append(self._finding(breach, "clear", at_ns, "has left"))
                breach = None
        if moment.zone is None or self._may(state.subject, moment.zone):
            return replace(state, breach=breach)
        if breach is None:
            breach = Breach(moment.zone, moment.since_ns, moment.device or "")
            found.append(self._finding(breach, "onset", at_ns, "is there without authority"))
        breach = replace(breach, left_ns=None)
        stay_s = seconds(at_ns - breach.onset_ns)
        steps = sum(stay_s >= step for step in self.dwell_steps_s)
        if steps > breach.told:
            breach = replace(breach, told=steps)
            found.append(
                self._finding(breach, "update", at_ns, f"has been there for {stay_s:.0f} s")
            )
        return replace(state, breach=breach)

    def _may(self, subject: Subject, zone_id: str) -> bool:
        zone = self.zones.get(zone_id)
        if zone is None or zone.hazard == "none":
            return True
        return subject.wearer in zone.wearers or bool(set(subject.roles) & set(zone.roles))

    def _finding(self, breach: Breach, phase: Phase, at_ns: int, words: str) -> Finding:
        zone = self.zones[breach.zone]
        # The wait for a return is no part of the stay: severity hangs on how long that was.
        until_ns = breach.left_ns if breach.left_ns is not None else at_ns
        stay_s = round(seconds(until_ns - breach.onset_ns), 2)
        return Finding(
            kind="zone_breach",
            phase=phase,
            onset_ns=breach.onset_ns,
            decided_ns=at_ns,
            confidence=0.9,
            reason=f"{words}: {zone.title or zone.id}, hazard class {zone.hazard}",
            evidence={"dwell_s": stay_s},
            facts={"dwell_s": stay_s, "authorised": "no"},
            zone=breach.zone,
            device=breach.device or None,
        )


def _moved(before: Presence, now: Presence, at_ns: int) -> list[Finding]:
    moved: list[Finding] = []
    if before.zone is not None:
        moved.append(_presence("clear", before, before.since_ns, at_ns))
    if now.zone is not None:
        moved.append(_presence("onset", now, now.since_ns, at_ns))
    return moved


def _presence(phase: Phase, presence: Presence, onset_ns: int, at_ns: int) -> Finding:
    return Finding(
        kind="presence",
        phase=phase,
        onset_ns=onset_ns,
        decided_ns=at_ns,
        confidence=0.9,
        reason=f"{'enters' if phase == 'onset' else 'leaves'} {presence.zone}",
        zone=presence.zone,
        device=presence.device,
    )
