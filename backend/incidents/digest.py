"""What happened in a while, counted by tier, kind and place: for a shift's end, and for the trend.

Nobody is named, and nobody is counted apart: it is about places, not about people.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, distinct, func, select

from backend.database.connection import Database
from backend.database.tables import DetectionRow, IncidentRow
from backend.incidents.lifecycle import Life


@dataclass(frozen=True)
class DigestLine:
    """One kind of thing at one place."""

    severity: str
    kind: str
    zone: str | None
    claims: int
    """How often it was told; one incident may hold several."""
    incidents: int
    unresolved: int
    before: int
    """How often it was told in as long a while just before."""


def digest(
    database: Database, from_ns: int, to_ns: int, *, exercises: bool = False
) -> tuple[DigestLine, ...]:
    """Return what began in a while, the worst first, then the most frequent.

    Parameters
    ----------
    exercises
        Also replays and drills, in which nobody was really hurt.
    """
    back_ns = from_ns - (to_ns - from_ns)
    now = DetectionRow.onset_ns >= from_ns
    place = (IncidentRow.severity, IncidentRow.kind, IncidentRow.zone)
    wanted = (
        select(
            *place,
            func.count(distinct(case((now, DetectionRow.id)))),
            func.count(distinct(case((now, IncidentRow.id)))),
            func.count(
                distinct(case((now & (IncidentRow.status != Life.RESOLVED), IncidentRow.id)))
            ),
            func.count(distinct(case((~now, DetectionRow.id)))),
        )
        .join(DetectionRow, DetectionRow.incident_id == IncidentRow.id)
        .where(
            DetectionRow.phase == "onset",
            DetectionRow.onset_ns >= back_ns,
            DetectionRow.onset_ns < to_ns,
        )
        .group_by(*place)
    )
    if not exercises:
        wanted = wanted.where(IncidentRow.exercise.is_(False))
    with database.read() as session:
        found = [DigestLine(*row) for row in session.execute(wanted)]
    return tuple(
        sorted(found, key=lambda line: (line.severity, -line.claims, line.kind, line.zone or ""))
    )
