"""Adds what a detection says to an incident that is there already."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.incidents import holding
from backend.incidents.lifecycle import Life
from backend.incidents.matching import earlier_onset
from backend.incidents.record import settled_ns
from backend.incidents.tier import facts_of, notice_stillness, overrule, raise_if_worse
from backend.paging.escalation import EscalationState
from backend.paging.ladder import Ladders
from backend.timeline.timeline import note
from contract.detection import Detection
from contract.severity import Facts, applicable, waits_for_answer
from contract.site import Site

LYING_DEG = 37.0
"""From upright, as the fall detector counts it: below, a stillness does not speak against the
wearer's own word."""
SAYS = {"onset": "detected", "update": "updated", "clear": "cleared"}


def update(
    session: Session,
    site: Site,
    ladders: Ladders,
    incident: IncidentRow,
    detection: Detection,
    now_ns: int,
    *,
    same_claim: bool,
) -> None:
    """Take up what a detection says, and call people where it is worse than what was known.

    Joining an incident that somebody has begins their time anew: they have more before them.
    """
    details = {
        "detection": detection.id,
        "device": detection.device,
        "confidence": detection.confidence,
        "late": detection.late,
    }
    note(session, incident, now_ns, SAYS[detection.phase], detection.reason, details=details)
    told = detection.facts.model_copy(update={"kind": incident.kind})
    facts = _take_up(session, incident, detection, told)
    if incident.status == Life.RESOLVED:
        return
    if incident.exercise and not detection.exercise:
        holding.become_real(session, ladders, incident, now_ns)
    if told.still_s > 0 and detection.phase != "clear":
        notice_stillness(incident, detection.still_since_ns or 0)
    if facts.cancelled and not _says_more(session, site, incident, detection, facts, told, now_ns):
        return
    facts = facts_of(incident)
    # Its own facts are assessed too, so that the order of arrival does not change the tier.
    alone = (told, detection.facts.model_copy(update={"kind": detection.kind}))
    raised = raise_if_worse(session, site, ladders, incident, (facts, *alone), now_ns)
    if raised:
        return
    held = incident.escalation == EscalationState.HELD
    if held and not waits_for_answer(incident.confidence, facts, site.severity):
        note(session, incident, now_ns, "certain", "Now certain: paged at once")
        ladders.climb(session, incident, now_ns)
    elif not same_claim and incident.escalation == EscalationState.LEASED:
        holding.hold(session, site, ladders, incident, now_ns)


def _take_up(session: Session, incident: IncidentRow, detection: Detection, told: Facts) -> Facts:
    known = facts_of(incident)
    newer = detection.decided_ns >= incident.newest_ns
    facts = known.with_update(told) if newer else told.with_update(known)
    incident.facts = facts.model_dump(mode="json")
    incident.confidence = max(incident.confidence, detection.confidence)
    incident.onset_ns = earlier_onset(session, incident, detection)
    incident.decided_ns = min(incident.decided_ns, detection.decided_ns)
    numbers: dict[str, Any] = dict(detection.evidence)
    if newer:
        incident.newest_ns = detection.decided_ns
        incident.reason = detection.reason
        incident.numbers = {**incident.numbers, **numbers}
        if detection.phase != "clear":
            incident.zone, incident.cleared_ns = detection.zone or incident.zone, None
        elif detection.kind == incident.kind and detection.zone in (None, incident.zone):
            # What is over elsewhere says nothing of where they are by now.
            incident.cleared_ns = detection.decided_ns
    else:
        incident.numbers = {**numbers, **incident.numbers}
        incident.zone = incident.zone or detection.zone
    return facts


def _says_more(
    session: Session,
    site: Site,
    incident: IncidentRow,
    detection: Detection,
    facts: Facts,
    told: Facts,
    now_ns: int,
) -> bool:
    """Whether evidence after the wearer's word gives a rule that did not hold when they spoke.

    The word is withdrawn then: whoever pressed the button and lies still needs help.
    """
    if settled_ns(detection, now_ns) <= (incident.word_ns or 0):
        # Measured before they spoke, and only arrived late: they knew of it.
        overrule(site, incident, told, incident.word_ns or 0)
        return False
    if detection.evidence.get("tilt_deg", LYING_DEG) < LYING_DEG:
        # Whoever said that they are all right may stand still. If that lasts, no motion is told.
        return False
    new = {rule.name for rule in applicable(told, site.severity)} - set(incident.overruled)
    if detection.phase == "clear" or not new:
        return False
    incident.facts = facts.model_copy(update={"cancelled": False}).model_dump(mode="json")
    text = f"What was measured after the wearer's word says otherwise: {detection.reason}"
    note(session, incident, now_ns, "cancel-withdrawn", text, details={"rules": sorted(new)})
    return True
