"""Takes the wearer's own word: it lowers and asks for a welfare call, and deletes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import DetectionRow, IncidentRow
from backend.incidents import outcome
from backend.incidents.asking import ASKED, stop_asking
from backend.incidents.record import row_of
from backend.incidents.tier import BY_HAND, facts_of, set_tier
from backend.paging.ladder import Ladders
from backend.timeline.timeline import note
from contract.detection import AskWearer, Detection, Receipt
from contract.severity import Severity, assess
from contract.site import Site

ALL_IS_WELL = frozenset({"cancel", "all_right"})
KINDS = ALL_IS_WELL | {"check_in"}
"""Kinds that are somebody's word, not an event: they open no incident."""


def receive(
    session: Session, site: Site, ladders: Ladders, detection: Detection, now_ns: int
) -> Receipt:
    """Apply an answer to the wearer's open incidents. With nothing open it is noted, no more."""
    key = (detection.id, detection.phase, detection.decided_ns)
    known = session.get(DetectionRow, key)
    if known is not None:
        incident = session.get(IncidentRow, known.incident_id) if known.incident_id else None
        again = tuple(stop_asking(site, incident)) if incident and incident.answered_ns else ()
        return _receipt(incident, again)
    concerned = _concerned(session, detection)
    last = concerned[-1] if concerned else None
    commands: list[AskWearer] = []
    for incident in concerned:
        if detection.kind in ALL_IS_WELL:
            commands += stop_asking(site, incident)
            _all_is_well(session, site, ladders, incident, detection, now_ns)
        else:
            told = f"{detection.person} checked in on {detection.device}"
            note(
                session,
                incident,
                now_ns,
                "checked-in",
                told,
                who=str(detection.person),
                details={"detection": detection.id},
            )
    session.add(row_of(detection, last.id if last else None, now_ns))
    return _receipt(last, tuple(commands))


def given_since(session: Session, detection: Detection) -> DetectionRow | None:
    """Return the wearer's word that all is well about an event that is only now reported."""
    if detection.kind not in ASKED or detection.person is None:
        return None
    return session.scalars(
        select(DetectionRow)
        .where(
            DetectionRow.kind.in_(ALL_IS_WELL),
            DetectionRow.subject == detection.subject,
            DetectionRow.onset_ns >= detection.onset_ns,
        )
        .order_by(DetectionRow.onset_ns.desc())
        .limit(1)
    ).first()


def note_cancel(session: Session, incident: IncidentRow, at_ns: int, who: str, device: str) -> None:
    """Label the incident's window: the wearer says that it was no alarm."""
    outcome.record(session, incident, outcome.CANCELLED, at_ns, who, f"cancelled on {device}")


def _concerned(session: Session, detection: Detection) -> Sequence[IncidentRow]:
    if detection.person is None:
        return ()
    # A press before the fall does not speak for the fall.
    return session.scalars(
        select(IncidentRow)
        .where(
            IncidentRow.site == detection.site,
            IncidentRow.person == detection.person,
            IncidentRow.kind.in_(ASKED),
            IncidentRow.status != "resolved",
            IncidentRow.onset_ns <= detection.onset_ns,
        )
        .order_by(IncidentRow.id)
    ).all()


def _all_is_well(
    session: Session,
    site: Site,
    ladders: Ladders,
    incident: IncidentRow,
    detection: Detection,
    now_ns: int,
) -> None:
    who = str(detection.person)
    wearer = site.wearers.get(who)
    name = wearer.name if wearer else who
    incident.asking_until_ns = None
    incident.answered_ns = incident.answered_ns or now_ns
    facts = facts_of(incident).model_copy(update={"cancelled": True})
    already = facts_of(incident).cancelled
    incident.facts = facts.model_dump(mode="json")
    said = "cancelled the alarm" if detection.kind == "cancel" else 'answered "I am all right"'
    note(
        session,
        incident,
        now_ns,
        "answered",
        f"{name} {said} on {detection.device}",
        who=who,
        details={"detection": detection.id},
    )
    if detection.kind == "cancel":
        note_cancel(session, incident, now_ns, who, detection.device)
    assessment = assess(facts, site.severity)
    by_hand = incident.assessment["rule"] == BY_HAND
    if already or by_hand or not Severity(incident.severity).worse_than(assessment.severity):
        if incident.held:
            ladders.climb(session, incident, now_ns)
        return
    text = f"Lowered from {incident.severity} to {assessment.severity} by {name}'s own word"
    set_tier(session, ladders, incident, assessment, now_ns, who=who, text=text)


def _receipt(incident: IncidentRow | None, commands: tuple[AskWearer, ...]) -> Receipt:
    number = incident.id if incident else 0
    return Receipt(incident=number, created=False, evidence_wanted=False, commands=commands)
