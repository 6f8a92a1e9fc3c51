"""Ends an incident, says what it was, and opens it again. Inside a write transaction."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.errors import IllegalTransitionError
from backend.incidents.check_call import CHECK_CALL, CheckMove
from backend.incidents.lifecycle import Act, Life, after
from backend.incidents.outcome import WORDS, Outcome, record
from backend.paging.ladder import Ladders, plan
from backend.timeline.timeline import SYSTEM, note


def resolve(
    session: Session,
    ladders: Ladders,
    incident: IncidentRow,
    who: str,
    text: str,
    now_ns: int,
    through: str = "",
) -> None:
    """End it. Pages that have not gone out are withdrawn; nothing is deleted.

    `through` says by which link or session, where it was one.
    """
    incident.status = after(incident.status, Act.RESOLVE)
    incident.resolved_by, incident.resolved_ns = who, now_ns
    incident.check_call = CHECK_CALL.after(incident.check_call, CheckMove.DROP)
    incident.asking_until_ns = None
    note(session, incident, now_ns, "resolved", text, who=who, details={"through": through})
    ladders.end(session, incident, now_ns, "resolved")


def judge(
    session: Session,
    incident: IncidentRow,
    person: str,
    name: str,
    reason: str,
    outcome: Outcome,
    now_ns: int,
    through: str = "",
) -> None:
    """Put on record what somebody says that it was."""
    record(session, incident, outcome, now_ns, person, reason)
    told = f"{name} says what it was: {WORDS[outcome].lower()}. {reason}"
    details = {"outcome": outcome, "through": through}
    note(session, incident, now_ns, "outcome", told, who=person, details=details)


def reopen(
    session: Session,
    ladders: Ladders,
    incident: IncidentRow,
    act: Act,
    text: str,
    now_ns: int,
    *,
    who: str = SYSTEM,
) -> None:
    """Open it again, and page its ladder from the top.

    Raises
    ------
    IllegalTransitionError
        When it is not resolved, or the same event is open under another number.
    """
    status = after(incident.status, act)
    other = twin(session, incident)
    if other is not None:
        raise IllegalTransitionError(
            f"the same event is open already as incident {other}",
            hint=f"go on with incident {other}",
        )
    incident.status = status
    plan(incident, now_ns, 0)
    incident.lease += 1
    incident.declined = []
    incident.resolved_by = incident.resolved_ns = None
    incident.acknowledged_by = incident.acknowledged_ns = incident.on_scene_ns = None
    note(session, incident, now_ns, "reopened", text, who=who)
    ladders.start(session, incident, now_ns)


def twin(session: Session, incident: IncidentRow) -> int | None:
    """Return the number of an open incident about the same event, other than this one."""
    wanted = select(IncidentRow.id).where(
        IncidentRow.id != incident.id,
        IncidentRow.site == incident.site,
        IncidentRow.kind == incident.kind,
        IncidentRow.subject == incident.subject,
        IncidentRow.onset_ns == incident.onset_ns,
        IncidentRow.status != Life.RESOLVED,
    )
    return session.scalars(wanted).first()
