"""Visits of zones: what a person's foot points make of their stays, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import seconds
from detectors.finding import Finding
from detectors.vision.person import Person, Sure
from detectors.vision.stay import Inertia, Stay

MOTION_CONFIDENCE = 0.3
"""Whatever moves may be a person."""


def looked(
    person: Person,
    zones: tuple[str, ...],
    inertia: Inertia,
    sure: Sure,
    sees: Literal["people", "motion"],
) -> tuple[Person, tuple[Finding, ...]]:
    """Return a person after they were seen with their feet in `zones`, and what visits that makes.

    What begins is told, and what is over.
    """
    found: list[Finding] = []
    t_ns = person.last.t_ns
    stays = dict(person.stays)
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
                    found.append(_finding(person, stay, "clear", t_ns, sees))
                del stays[zone]
        elif stay.begins(inertia) and (person.believed(sure) or sees == "motion"):
            stays[zone] = stay._replace(told=True)
            found.append(_finding(person, stay, "onset", t_ns, sees))
    return replace(person, stays=stays), tuple(found)


def given_up(person: Person, t_ns: int) -> tuple[Finding, ...]:
    """Return that the visits of somebody who is gone are over."""
    sees: Literal["people", "motion"] = "motion" if person.seen == "motion" else "people"
    told = (stay for stay in person.stays.values() if stay.told)
    return tuple(_finding(person, stay, "clear", t_ns, sees) for stay in told)


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
