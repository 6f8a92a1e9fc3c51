"""Whether an incident is open and nobody will be called: a number that must read zero."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.incidents.lifecycle import Life
from backend.paging.escalation import EscalationState
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
    open_ones = session.execute(
        select(
            IncidentRow.id,
            IncidentRow.severity,
            IncidentRow.escalation,
            IncidentRow.next_ns,
            IncidentRow.ladder,
        )
        .where(IncidentRow.status != Life.RESOLVED, IncidentRow.exercise.is_(False))
        .order_by(IncidentRow.severity, IncidentRow.id)
    ).all()
    reached: dict[str, bool] = {}

    def reaches(ladder: dict[str, Any]) -> bool:
        # A storm of incidents climbs a handful of ladders.
        key = json.dumps(ladder, sort_keys=True)
        if key not in reached:
            reached[key] = ladders.reaches_anybody(session, ladder)
        return reached[key]

    found: list[Uncalled] = []
    for row in open_ones:
        why = _why(row, now_ns)
        if why is None and row.escalation != EscalationState.DIGEST and not reaches(row.ladder):
            why = "no rung of its ladder and no last resort reaches a person"
        if why is not None:
            found.append(Uncalled(row.id, row.severity, why))
    return tuple(found)


def _why(row: Any, now_ns: int) -> str | None:
    if row.next_ns is None:
        return "it has no next instant"
    late_s = seconds(now_ns - row.next_ns)
    return f"what was due {late_s:.0f} s ago has not been done" if late_s > LATE_S else None
