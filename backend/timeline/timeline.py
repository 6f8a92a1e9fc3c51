"""Writes the append-only record of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from backend.database.tables import Base, IncidentRow, TimelineRow

SYSTEM = "system"
"""Who acted, when nobody did."""
_WAITING = "timeline"
"""Under this name a session keeps the entries that it will write."""
_WRITE = insert(Base.metadata.tables[TimelineRow.__tablename__])


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
    """Append one entry. Entries are numbered from 1 without a gap, in the order of commits.

    The incident has its number already. Entries are written by the commit, all of a transaction in
    one statement: a fall's first pages wait for that, and nothing reads the record before.
    """
    incident.entries += 1
    session.info.setdefault(_WAITING, []).append(
        {
            "incident_id": incident.id,
            "seq": incident.entries,
            "at_ns": at_ns,
            "what": what,
            "who": who,
            "text": text,
            "details": dict(details or {}),
        }
    )


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    waiting = session.info.pop(_WAITING, None)
    if waiting:
        session.connection().execute(_WRITE, waiting)
