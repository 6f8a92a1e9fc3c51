"""Finds the incident that a detection belongs to, within a window of its kind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend.database.tables import DetectionRow, IncidentRow
from backend.incidents.lifecycle import Life
from contract.detection import Detection
from contract.detection_kinds import meaning
from contract.instants import ns

SAME_EVENT_S = 10
"""An agent, a restarted gateway and a camera put one onset this far apart at most."""
LAST_NS = 2**63 - 1


RELATED_S = 24 * 3600
"""Within a day an open incident of the same person may have to do with a new one: it is named."""
# Made once: a fall waits for them.
_SAME_CLAIM = (
    select(IncidentRow)
    .join(DetectionRow, DetectionRow.incident_id == IncidentRow.id)
    .where(DetectionRow.id == bindparam("claim"))
    .order_by(IncidentRow.id.desc())
    .limit(1)
)
_OPEN = select(IncidentRow).where(
    IncidentRow.site == bindparam("site"),
    IncidentRow.subject == bindparam("subject"),
    IncidentRow.status != Life.RESOLVED,
)


@dataclass(frozen=True)
class Match:
    """Where a detection belongs."""

    incident: IncidentRow | None
    """What it joins; None opens a new one."""
    same_claim: bool = False
    """Whether this very claim is the incident's already, by its id."""
    related: int | None = None
    """The incident that it does not join, and may have to do with."""


def match(session: Session, detection: Detection) -> Match:
    """Return the incident of the same claim, or of the same event told by another voice.

    The same id is the same incident in every state. Otherwise the kind and the subject must be the
    same, the onset within 10 s, and the incident not resolved; the nearest onset wins. A sequel
    belongs to what it follows from, for as long as its kind says. Nothing joins an incident of
    which the wearer said that all is well: that word was not about what came after it.
    """
    known = session.scalars(_SAME_CLAIM, {"claim": detection.id}).first()
    if known is not None:
        return Match(known, same_claim=True)
    about = {"site": detection.site, "subject": detection.subject}
    open_ones = session.scalars(_OPEN, about).all()
    related = max((each.id for each in open_ones if _may_be_related(each, detection)), default=None)
    joinable = [each for each in open_ones if not each.facts.get("cancelled", False)]
    found = _nearest(joinable, detection) or _followed_from(joinable, detection)
    return Match(found, related=None if found else related)


def _nearest(open_ones: list[IncidentRow], detection: Detection) -> IncidentRow | None:
    def apart_ns(incident: IncidentRow) -> int:
        return abs(incident.onset_ns - detection.onset_ns)

    near = (
        each
        for each in open_ones
        if each.kind == detection.kind and apart_ns(each) <= ns(SAME_EVENT_S)
    )
    return min(near, key=lambda each: (apart_ns(each), each.id), default=None)


def _followed_from(open_ones: list[IncidentRow], detection: Detection) -> IncidentRow | None:
    sequel = meaning(detection.kind).follows
    if sequel is None:
        return None
    before = (
        each
        for each in open_ones
        if each.kind == sequel.of
        and each.onset_ns <= detection.decided_ns
        and detection.onset_ns - each.onset_ns <= ns(sequel.within_s)
    )
    return max(before, key=lambda each: (each.onset_ns, each.id), default=None)


def _may_be_related(incident: IncidentRow, detection: Detection) -> bool:
    return abs(incident.onset_ns - detection.onset_ns) <= ns(RELATED_S)


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
        IncidentRow.status != Life.RESOLVED,
        IncidentRow.onset_ns == told_ns,
    )
    return incident.onset_ns if session.scalars(taken).first() else told_ns
