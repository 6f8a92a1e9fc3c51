"""Visits of zones: what a person's foot points make of their stays, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import seconds
from detectors.finding import Finding
from detectors.vision.person import Person
from detectors.vision.stay import Inertia, Stay
from detectors.vision.watcher import Look, Watcher

MOTION_CONFIDENCE = 0.3
"""Whatever moves may be a person."""

Stays = Mapping[str, Stay]
"""The stays of one person, by zone."""
Visits = Mapping[int, Stays]
"""The stays of everybody, by their number."""


class VisitWatcher(Watcher[Visits]):
    """Who stands in which zone.

    A visit is told when somebody's foot points have been in a zone in `looks` frames over at least
    `enter_s`, and its end when they have been outside for `leave_s` or are given up. It is an
    observation: whether it is a breach, the zone detector says, which knows whose badge is there.
    """

    kind: ClassVar[str] = "visits"
    tells: ClassVar = frozenset({DetectionKind.VISIT})

    looks: int = Field(3, ge=1, le=100, description="Foot points inside that make a visit …")
    enter_s: float = Field(0.25, ge=0, le=60, description="… over at least this long")
    leave_s: float = Field(1.0, ge=0, le=60, description="Outside for so long: the visit is over")

    def start(self) -> Visits:
        """Return that nobody is anywhere."""
        return {}

    def look(self, state: Visits, look: Look) -> tuple[Visits, tuple[Finding, ...]]:
        """Follow the feet of whoever is seen; end the visits of whoever is given up."""
        found: list[Finding] = []
        after = dict(state)
        for number, person in look.everybody():
            if number in look.seen:
                after[number], new = self._seen(person, state.get(number, {}), look)
                found += new
            if number in look.gone:
                found += _given_up(person, after.pop(number, {}), look.t_ns)
        return after, tuple(found)

    def silent(self, state: Visits, look: Look) -> tuple[Visits, tuple[Finding, ...]]:
        """End all visits: nobody knows who stays."""
        return {}, tuple(
            finding
            for number, person in look.everybody()
            for finding in _given_up(person, state.get(number, {}), look.t_ns)
        )

    def _seen(self, person: Person, before: Stays, look: Look) -> tuple[Stays, list[Finding]]:
        """Return a person's stays after a look, and which began or are over."""
        found: list[Finding] = []
        t_ns, zones = person.last.t_ns, look.zones(person)
        inertia = Inertia(self.looks, self.enter_s, self.leave_s)
        stays = dict(before)
        for zone in zones:
            stay = stays.get(zone)
            if stay is not None and not stay.told and stay.ended(t_ns, inertia):
                stay = None
            stays[zone] = stay.within(t_ns) if stay else Stay(zone, person.track, t_ns, t_ns)
        for zone, stay in list(stays.items()):
            if zone not in zones:
                stays[zone] = stay.without()
                if stay.ended(t_ns, inertia):
                    if stay.told:
                        found.append(_finding(person, stay, "clear", t_ns, look.sees))
                    del stays[zone]
            elif stay.begins(inertia) and (person.believed(look.sure) or look.sees == "motion"):
                stays[zone] = stay._replace(told=True)
                found.append(_finding(person, stay, "onset", t_ns, look.sees))
        return stays, found


def _given_up(person: Person, stays: Stays, t_ns: int) -> list[Finding]:
    sees: Literal["people", "motion"] = "motion" if person.seen == "motion" else "people"
    return [_finding(person, stay, "clear", t_ns, sees) for stay in stays.values() if stay.told]


def _finding(
    person: Person, stay: Stay, phase: Phase, t_ns: int, sees: Literal["people", "motion"]
) -> Finding:
    who = "somebody" if sees == "people" else "something that moves (motion only: no model)"
    words = f"{who} stands in {stay.zone}"
    if phase == "clear":
        words = f"{who} has left {stay.zone}"
    return Finding(
        kind=DetectionKind.VISIT,
        phase=phase,
        onset_ns=stay.first_ns,
        decided_ns=t_ns,
        confidence=min(person.best, 1.0) if sees == "people" else MOTION_CONFIDENCE,
        reason=words,
        evidence={"dwell_s": round(seconds(stay.last_ns - stay.first_ns), 3)},
        zone=stay.zone,
        track=stay.track,
    )
