"""Writes the append-only record of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.database.later import write_later
from backend.database.tables import Base, IncidentRow, TimelineRow

SYSTEM = "system"
"""Who acted, when nobody did."""
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

    The commit writes them, all of a transaction in one statement: a fall's first pages wait for it.
    """
    incident.entries += 1
    row = {
        "seq": incident.entries,
        "at_ns": at_ns,
        "what": what,
        "who": who,
        "text": text,
        "details": dict(details or {}),
    }
    write_later(session, _WRITE, incident, row)
