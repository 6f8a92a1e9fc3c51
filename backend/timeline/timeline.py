"""Writes the append-only record of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, TimelineRow

SYSTEM = "system"
"""Who acted, when nobody did."""


def note(
    session: Session,
    incident: IncidentRow,
    at_ns: int,
    what: str,
    text: str,
    *,
    who: str = SYSTEM,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry. Entries are numbered from 1 without a gap, in the order of commits."""
    incident.entries += 1
    session.add(
        TimelineRow(
            incident_id=incident.id,
            seq=incident.entries,
            at_ns=at_ns,
            what=what,
            who=who,
            text=text,
            details=dict(details or {}),
        )
    )
    session.flush()
