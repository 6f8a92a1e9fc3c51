"""Whether an incident is open and nobody will be called: a number that must read zero."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.paging.escalation import Escalation
from backend.paging.ladder import Ladders
from contract.instants import seconds

LATE_S = 15
"""An engine that is this late with somebody's instant does not call them."""


@dataclass(frozen=True)
class Uncalled:
    """One incident about which nobody will be called, and why."""

    incident: int
    severity: str
    why: str

    def __str__(self) -> str:
        return f"incident {self.incident} ({self.severity}): {self.why}"


def uncalled(session: Session, ladders: Ladders, now_ns: int) -> tuple[Uncalled, ...]:
    """Return the open incidents about which nobody will be called. Exercises are not counted."""
    open_ones = session.scalars(
        select(IncidentRow)
        .where(IncidentRow.status != "resolved", IncidentRow.exercise.is_(False))
        .order_by(IncidentRow.severity, IncidentRow.id)
    ).all()
    found = ((each, _why(session, ladders, each, now_ns)) for each in open_ones)
    return tuple(Uncalled(each.id, each.severity, why) for each, why in found if why is not None)


def _why(session: Session, ladders: Ladders, incident: IncidentRow, now_ns: int) -> str | None:
    if incident.next_ns is None:
        return "it has no next instant"
    late_s = seconds(now_ns - incident.next_ns)
    if late_s > LATE_S:
        return f"what was due {late_s:.0f} s ago has not been done"
    calls_people = incident.escalation != Escalation.DIGEST
    if calls_people and not ladders.reaches_anybody(session, incident):
        return "no rung of its ladder and no last resort reaches a person"
    return None
