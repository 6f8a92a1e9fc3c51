"""What an incident turned out to be, and who says so: the label of its sensor window."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, VerdictRow
from backend.incidents.lifecycle import Life


class Outcome(StrEnum):
    """What a responder says who ends an incident."""

    REAL = "real"
    """It happened."""
    FALSE_ALARM = "false-alarm"
    """It did not happen; something else looked like it."""
    EXERCISE = "exercise"
    """Somebody did it on purpose: a drill, a test."""


WORDS: dict[Outcome, str] = {
    Outcome.REAL: "It happened",
    Outcome.FALSE_ALARM: "False alarm",
    Outcome.EXERCISE: "Test or exercise",
}

CANCELLED = "cancelled"
"""The wearer's own word on the device. Weaker than a responder's: whoever is dazed says it too."""


def record(
    session: Session, incident: IncidentRow, label: str, at_ns: int, who: str, reason: str
) -> None:
    """Add a verdict. None is ever changed or deleted; the newest of a responder's counts."""
    session.add(
        VerdictRow(incident_id=incident.id, label=label, at_ns=at_ns, who=who, reason=reason)
    )
    session.flush()


def verdict_of(session: Session, incident: IncidentRow) -> VerdictRow | None:
    """Return what holds of an incident that is over.

    A responder's newest verdict since it was last ended; without one the wearer's cancel. None
    while it is open: whoever opens an incident again doubts what was said of it.
    """
    if incident.status != Life.RESOLVED:
        return None
    rows = session.scalars(
        select(VerdictRow).filter_by(incident_id=incident.id).order_by(VerdictRow.id.desc())
    ).all()
    ended_ns = incident.resolved_ns or 0
    said = (row for row in rows if row.label != CANCELLED and row.at_ns >= ended_ns)
    cancelled = (row for row in rows if row.label == CANCELLED)
    return next(said, next(cancelled, None))
