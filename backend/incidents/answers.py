"""Takes the wearer's own word: it lowers and asks for a welfare call, and deletes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from backend.database.tables import DetectionRow, IncidentRow
from backend.incidents import outcome
from backend.incidents.asking import stop_asking
from backend.incidents.check_call import CHECK_CALL, CheckMove
from backend.incidents.lifecycle import Life
from backend.incidents.record import HAPPENED_NS, SETTLED_NS, happened_ns, keep, settled_ns
from backend.incidents.tier import BY_HAND, facts_of, overrule, set_tier
from backend.paging.escalation import EscalationState
from backend.paging.ladder import Ladders
from backend.timeline.timeline import note
from contract.detection import AskWearer, Detection, Receipt
from contract.detection_kinds import ALL_IS_WELL, ASKED, DetectionKind
from contract.instants import ns
from contract.severity import Severity, assess
from contract.site import Site

_WORD = (
    select(HAPPENED_NS.label("said_ns"), DetectionRow.kind, DetectionRow.raw)
    .where(
        DetectionRow.kind.in_(sorted(ALL_IS_WELL)),
        DetectionRow.subject == bindparam("subject"),
        bindparam("from_ns") <= HAPPENED_NS,
        bindparam("until_ns") >= HAPPENED_NS,
    )
    .order_by(HAPPENED_NS.desc())
    .limit(1)
)


class Word(NamedTuple):
    """What a wearer said."""

    said_ns: int
    """As the clock counts now."""
    kind: str
    raw: Mapping[str, Any]


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
    word_ns = happened_ns(detection, now_ns)
    concerned = _concerned(session, site, detection, word_ns)
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
    keep(session, detection, last.id if last else None, now_ns)
    return _receipt(last, tuple(commands))


def given_since(session: Session, site: Site, detection: Detection, now_ns: int) -> Word | None:
    """Return the wearer's word that all is well about an event that is only now reported."""
    if detection.kind not in ASKED or detection.person is None:
        return None
    until_ns = _asking_ends_ns(site, settled_ns(detection, now_ns))
    between = {
        "subject": detection.subject,
        "from_ns": happened_ns(detection, now_ns),
        "until_ns": until_ns,
    }
    found = session.execute(_WORD, between).first()
    return None if found is None else Word(*found)


def note_cancel(session: Session, incident: IncidentRow, at_ns: int, who: str, device: str) -> None:
    """Label the incident's window: the wearer says that it was no alarm."""
    outcome.record(session, incident, outcome.CANCELLED, at_ns, who, f"cancelled on {device}")


def _asking_ends_ns(site: Site, settled_ns: int) -> int:
    """Return until when a word answers what was settled then: as long as the wearer is asked."""
    return settled_ns + ns(site.severity.no_answer_s)


def _concerned(
    session: Session, site: Site, detection: Detection, word_ns: int
) -> Sequence[IncidentRow]:
    """Return the wearer's incidents that the word can have known of, the newest last.

    By the gateway's sense of time: no claim of theirs began after the word, and the newest was
    settled no longer before it than the wearer is asked. What is older was not meant: it stays, and
    its record says that the wearer spoke.
    """
    if detection.person is None:
        return ()
    open_ones = session.scalars(
        select(IncidentRow)
        .where(
            IncidentRow.site == detection.site,
            IncidentRow.person == detection.person,
            IncidentRow.kind.in_(ASKED),
            IncidentRow.status != Life.RESOLVED,
        )
        .order_by(IncidentRow.id)
    ).all()
    return [each for each in open_ones if _knew_of(session, site, each, word_ns)]


def _knew_of(session: Session, site: Site, incident: IncidentRow, word_ns: int) -> bool:
    first = (
        select(func.min(HAPPENED_NS).label("began"), func.min(SETTLED_NS).label("settled"))
        .where(DetectionRow.incident_id == incident.id, DetectionRow.kind.in_(ASKED))
        .group_by(DetectionRow.id)
        .subquery()
    )
    began, settled = session.execute(
        select(func.max(first.c.began), func.max(first.c.settled))
    ).one()
    if began is None:
        return incident.onset_ns <= word_ns
    return bool(began <= word_ns <= _asking_ends_ns(site, settled))


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
    incident.check_call = CHECK_CALL.after(incident.check_call, CheckMove.ANSWER)
    incident.word_ns = max(incident.word_ns or 0, happened_ns(detection, now_ns))
    known = facts_of(incident)
    # What the wearer knew of when they said so raises nothing again.
    overrule(site, incident, known, incident.word_ns)
    incident.facts = known.model_copy(update={"cancelled": True}).model_dump(mode="json")
    said = (
        "cancelled the alarm"
        if detection.kind == DetectionKind.CANCEL
        else 'answered "I am all right"'
    )
    note(
        session,
        incident,
        now_ns,
        "answered",
        f"{name} {said} on {detection.device}",
        who=who,
        details={"detection": detection.id},
    )
    if detection.kind == DetectionKind.CANCEL:
        note_cancel(session, incident, now_ns, who, detection.device)
    assessment = assess(facts_of(incident), site.severity)
    by_hand = incident.assessment["rule"] == BY_HAND
    milder = Severity(incident.severity).worse_than(assessment.severity)
    if known.cancelled or by_hand or not milder:
        if incident.escalation == EscalationState.HELD:
            ladders.climb(session, incident, now_ns)
        return
    text = f"Lowered from {incident.severity} to {assessment.severity} by {name}'s own word"
    set_tier(session, site, ladders, incident, assessment, now_ns, who=who, text=text)


def _receipt(incident: IncidentRow | None, commands: tuple[AskWearer, ...]) -> Receipt:
    number = incident.id if incident else 0
    return Receipt(incident=number, created=False, evidence_wanted=False, commands=commands)
