"""Keeps detections as they arrived, and turns them into the incidents that they open."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, cast, func, insert, select
from sqlalchemy.orm import Session

from backend.database.tables import Base, ClockStepRow, DetectionRow, IncidentRow
from backend.incidents.check_call import CheckCall
from backend.incidents.lifecycle import Life
from backend.paging.escalation import EscalationState
from contract.detection import Detection
from contract.severity import Assessment, Facts

_EPOCH = select(func.coalesce(func.max(ClockStepRow.epoch), 0)).scalar_subquery()
_KEEP = insert(Base.metadata.tables[DetectionRow.__tablename__]).values(epoch=_EPOCH)
_SET_SINCE_NS = (
    select(cast(func.coalesce(func.sum(ClockStepRow.by_ns), 0), BigInteger))
    .where(ClockStepRow.epoch > func.coalesce(DetectionRow.epoch, 0))
    .correlate(DetectionRow)
    .scalar_subquery()
)


def as_of_now(instant_ns: ColumnElement[int]) -> ColumnElement[int]:
    """Return an instant of a detection as the clock counts now, however it was set since."""
    return instant_ns + _SET_SINCE_NS


HAPPENED_NS = as_of_now(func.coalesce(DetectionRow.happened_ns, DetectionRow.onset_ns))
SETTLED_NS = as_of_now(func.coalesce(DetectionRow.settled_ns, DetectionRow.decided_ns))


def happened_ns(detection: Detection, now_ns: int) -> int:
    """Return the latest instant at which the onset can truly have been, whatever its clock says."""
    return min(detection.happened_ns, now_ns)


def settled_ns(detection: Detection, now_ns: int) -> int:
    """Return the latest instant at which this phase can truly have been settled."""
    return min(detection.settled_ns, now_ns)


def keep(session: Session, detection: Detection, incident: int | None, now_ns: int) -> None:
    """Write a detection down as it arrived. Its incident is there already."""
    row = {
        "id": detection.id,
        "phase": detection.phase,
        "decided_ns": detection.decided_ns,
        "incident_id": incident,
        "kind": detection.kind,
        "subject": detection.subject,
        "onset_ns": detection.onset_ns,
        "happened_ns": happened_ns(detection, now_ns),
        "settled_ns": settled_ns(detection, now_ns),
        "received_ns": now_ns,
        "raw": detection.model_dump(mode="json"),
    }
    session.connection().execute(_KEEP, row)


def incident_of(
    detection: Detection,
    facts: Facts,
    assessment: Assessment,
    now_ns: int,
    linked_to: int | None = None,
) -> IncidentRow:
    """Return the incident that a detection opens, its ladder not yet started."""
    return IncidentRow(
        site=detection.site,
        kind=detection.kind,
        subject=detection.subject,
        person=detection.person,
        device=detection.device,
        zone=detection.zone,
        onset_ns=detection.onset_ns,
        decided_ns=detection.decided_ns,
        newest_ns=detection.decided_ns,
        cleared_ns=detection.decided_ns if detection.phase == "clear" else None,
        opened_ns=now_ns,
        linked_to=linked_to,
        confidence=detection.confidence,
        reason=detection.reason,
        numbers=dict(detection.evidence),
        facts=facts.model_dump(mode="json"),
        assessment=assessment.model_dump(mode="json"),
        exercise=detection.exercise,
        status=Life.OPEN,
        severity=str(assessment.severity),
        overruled=[],
        ladder={},
        step=0,
        round=0,
        climbs=0,
        tier_since_ns=now_ns,
        lease=0,
        declined=[],
        escalation=EscalationState.DIGEST,
        check_call=CheckCall.NONE,
        # Due at once, should nothing else be planned in this transaction.
        next_ns=now_ns,
        next_set_ns=now_ns,
        entries=0,
    )
