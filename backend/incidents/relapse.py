"""Whether evidence about an incident that is over says that it is not. Nothing is written here."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.incidents.outcome import Outcome, verdict_of
from backend.incidents.record import settled_ns
from contract.detection import Detection
from contract.detection_kinds import ASKED, meaning
from contract.instants import ns
from contract.severity import applicable
from contract.site import Site

REOPENS_FOR_S = 1800
"""Within half an hour it is the same emergency; later it is another, which names this one."""


class AfterResolution(StrEnum):
    """What evidence about a resolved incident does."""

    NO = "no"
    """It is put on record."""
    AGAIN = "again"
    """The incident opens again, and people are called."""
    ANEW = "anew"
    """A new incident opens, and names the old one."""


def judge(
    session: Session, site: Site, incident: IncidentRow, detection: Detection, now_ns: int
) -> AfterResolution:
    """Say what a claim's own further evidence does to the incident that was resolved.

    Only what a worn device measured after the resolution counts, and only if it says that somebody
    is down; what is late or repeated never does. Where a named person said "false alarm", the
    stillness that they saw is no news for as long as it is unbroken.
    """
    device = site.devices.get(detection.device)
    worn = device is not None and device.wearer is not None
    resolved_ns = incident.resolved_ns or 0
    measured_ns = settled_ns(detection, now_ns)
    if not worn or detection.late or measured_ns <= resolved_ns or detection.phase == "clear":
        return AfterResolution.NO
    if detection.kind not in ASKED or not _down(site, detection):
        return AfterResolution.NO
    verdict = verdict_of(session, incident)
    seen_false = verdict is not None and verdict.label == Outcome.FALSE_ALARM
    if seen_false and _down_since_ns(detection) <= resolved_ns:
        return AfterResolution.NO
    recent = now_ns - resolved_ns <= ns(REOPENS_FOR_S)
    return AfterResolution.AGAIN if recent else AfterResolution.ANEW


def _down(site: Site, detection: Detection) -> bool:
    facts = detection.facts.model_copy(update={"kind": detection.kind, "cancelled": False})
    rules = {rule.name for rule in applicable(facts, site.severity)}
    return bool(rules & meaning(detection.kind).still_down)


def _down_since_ns(detection: Detection) -> int:
    """Return since when they have lain as the detection says; since its onset if it does not."""
    since_ns = detection.still_since_ns
    return detection.happened_ns if since_ns is None else since_ns
