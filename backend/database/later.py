"""Rows about an incident that the commit writes: each table's in one statement.

An incident gets its number when it is written, and it is best written once, when all about it is
settled. What belongs to it is kept here until then.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Insert, event
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow

_WAITING = "later"
"""Under this name a session keeps what it will write."""
Row = dict[str, Any]


def write_later(session: Session, into: Insert, incident: IncidentRow, *rows: Row) -> None:
    """Write rows of an incident at the end of the transaction; their `incident_id` is filled in.

    Nothing in this transaction finds them by a query. A rollback forgets them.
    """
    waiting = session.info.setdefault(_WAITING, {})
    waiting.setdefault(into, []).extend((incident, row) for row in rows)


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    waiting = session.info.pop(_WAITING, None)
    if waiting:
        session.flush()  # the incidents
        for into, rows in waiting.items():
            told = [{**row, "incident_id": incident.id} for incident, row in rows]
            session.connection().execute(into, told)
