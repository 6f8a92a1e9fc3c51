"""Moves an incident between tiers. The system only raises; lowering is a named human's act."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.paging.ladder import Ladders
from backend.timeline.timeline import SYSTEM, note
from contract.severity import Assessment, Facts, Severity

BY_HAND = "by-hand"
"""The rule of a tier that a named human set."""


def raise_if_worse(
    session: Session,
    ladders: Ladders,
    incident: IncidentRow,
    assessments: Iterable[Assessment],
    now_ns: int,
) -> bool:
    """Raise the incident to the worst of these assessments, if that is worse than its tier.

    The new tier's clock starts now and its ladder is paged from the top. A rule that a named human
    has overruled does not raise it again. Of equal tiers the more specific rule is quoted.
    """
    worst = min(assessments, key=lambda found: found.severity.rank)
    current = Severity(incident.severity)
    if worst.severity.worse_than(current) and worst.rule not in incident.overruled:
        raised = _told(worst)
        incident.severity = str(worst.severity)
        incident.assessment = worst.model_dump(mode="json")
        text = f"Raised from {current} to {worst.severity}: {worst.because}"
        if incident.status == "acknowledged":
            text += ". Somebody has it in hand, so nobody more is paged"
        note(session, incident, now_ns, "raised", text, details={"from": str(current), **raised})
        ladders.start(session, incident, now_ns)
        return True
    known_rule = incident.assessment["rule"]
    if worst.severity == current and worst.rule != known_rule and known_rule != BY_HAND:
        incident.assessment = worst.model_dump(mode="json")
        note(
            session,
            incident,
            now_ns,
            "assessed",
            f"Still {current}: {worst.because}",
            details=_told(worst),
        )
    return False


def set_tier(
    session: Session,
    ladders: Ladders,
    incident: IncidentRow,
    assessment: Assessment,
    now_ns: int,
    *,
    who: str,
    text: str,
) -> None:
    """Put the incident into a tier because a named human said so, and start that tier's clock.

    Pages of a higher tier that have not gone out are withdrawn.
    """
    if who == SYSTEM:
        raise ValueError("the system does not set tiers by hand")
    current = Severity(incident.severity)
    what = "raised" if assessment.severity.worse_than(current) else "lowered"
    if what == "lowered":
        rule = incident.assessment["rule"]
        incident.overruled = sorted({*incident.overruled, rule})
    incident.severity = str(assessment.severity)
    incident.assessment = assessment.model_dump(mode="json")
    note(
        session,
        incident,
        now_ns,
        what,
        text,
        who=who,
        details={"from": str(current), **_told(assessment)},
    )
    if what == "lowered":
        ladders.withdraw(session, incident, now_ns, f"lowered to {incident.severity}")
    ladders.start(session, incident, now_ns)


def by_hand(incident: IncidentRow, severity: Severity, who: str, reason: str) -> Assessment:
    """Return the assessment that a named human gives in place of a rule's."""
    given = Assessment.model_validate(incident.assessment)
    return given.model_copy(
        update={
            "severity": severity,
            "rule": BY_HAND,
            "because": f"{who}: {reason}",
            "inputs": {"by": who, "before": f"{given.severity} by {given.rule}"},
        }
    )


def facts_of(incident: IncidentRow) -> Facts:
    """Return what is known about the event so far."""
    return Facts.model_validate(incident.facts)


def _told(assessment: Assessment) -> dict[str, object]:
    return {
        "to": str(assessment.severity),
        "rule": assessment.rule,
        "inputs": dict(assessment.inputs),
    }
