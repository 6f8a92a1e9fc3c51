"""Finds the incident that a detection belongs to."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import DetectionRow, IncidentRow
from contract.detection import Detection
from contract.instants import ns

SAME_EVENT_S = 10
"""An agent, a restarted gateway and a camera put one onset this far apart at most."""
LAST_NS = 2**63 - 1
SEQUELS = {"no_motion": "fall"}
"""What is said of somebody who has an open incident of another kind already, and belongs to it:
whoever fell and lies still needs help once, not two crews."""


def match(session: Session, detection: Detection) -> IncidentRow | None:
    """Return the incident of the same claim, or of the same event told by another voice.

    The same id is the same incident in every state. Otherwise the kind and the subject must be the
    same, the onset within 10 s, and the incident not resolved; the nearest onset wins. A sequel
    belongs to what it follows from, however long ago that began.
    """
    same_id = (
        select(IncidentRow)
        .join(DetectionRow, DetectionRow.incident_id == IncidentRow.id)
        .where(DetectionRow.id == detection.id)
        .limit(1)
    )
    known = session.scalars(same_id).first()
    if known is not None:
        return known
    slack_ns = ns(SAME_EVENT_S)
    near = select(IncidentRow).where(
        IncidentRow.site == detection.site,
        IncidentRow.kind == detection.kind,
        IncidentRow.subject == detection.subject,
        IncidentRow.status != "resolved",
        IncidentRow.onset_ns >= detection.onset_ns - slack_ns,
        IncidentRow.onset_ns <= min(detection.onset_ns + slack_ns, LAST_NS),
    )
    found = session.scalars(near).all()
    nearest = min(found, key=lambda i: (abs(i.onset_ns - detection.onset_ns), i.id), default=None)
    return nearest or _followed_from(session, detection)


def _followed_from(session: Session, detection: Detection) -> IncidentRow | None:
    before = SEQUELS.get(detection.kind)
    if before is None:
        return None
    latest = (
        select(IncidentRow)
        .where(
            IncidentRow.site == detection.site,
            IncidentRow.kind == before,
            IncidentRow.subject == detection.subject,
            IncidentRow.status != "resolved",
            IncidentRow.onset_ns <= detection.decided_ns,
        )
        .order_by(IncidentRow.onset_ns.desc())
        .limit(1)
    )
    return session.scalars(latest).first()


def earlier_onset(session: Session, incident: IncidentRow, detection: Detection) -> int:
    """Return the incident's onset after this detection: the earliest that was told of the event.

    An onset that another open incident has already stays that incident's.
    """
    told_ns = detection.onset_ns
    if told_ns >= incident.onset_ns or incident.onset_ns - told_ns > ns(SAME_EVENT_S):
        return incident.onset_ns
    taken = select(IncidentRow.id).where(
        IncidentRow.site == incident.site,
        IncidentRow.kind == incident.kind,
        IncidentRow.subject == incident.subject,
        IncidentRow.status != "resolved",
        IncidentRow.onset_ns == told_ns,
    )
    return incident.onset_ns if session.scalars(taken).first() else told_ns
