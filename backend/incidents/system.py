"""Incidents about the system itself: one a cause, folded, and ended by proof. In a transaction.

An incident about a person never ends by itself. One about a dead channel or a gateway that went
away does, when the channel has handed off again or the gateway has reported: nobody has to come
and say so.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.incidents import ending
from backend.incidents.lifecycle import Life
from backend.incidents.record import incident_of
from backend.paging.ladder import Ladders
from backend.paging.page import ABOUT_US, incident_title
from backend.timeline.timeline import SYSTEM, note
from contract.detection import Detection, detection_id
from contract.detection_kinds import DetectionKind
from contract.severity import Facts, assess
from contract.site import Site

DEVICE = "backend"
LONGEST_REASON = 500


def report(
    session: Session,
    site: Site,
    ladders: Ladders,
    kind: DetectionKind,
    cause: str,
    reason: str,
    now_ns: int,
) -> tuple[IncidentRow, bool]:
    """Open an incident about a cause, or add to the open one. Return it, and whether it is new."""
    found = standing(session, site, kind, cause)
    reason = reason[:LONGEST_REASON]
    if found is not None:
        if found.reason != reason:
            found.reason = reason
            note(session, found, now_ns, "updated", reason)
        return found, False
    facts = Facts(kind=kind)
    assessment = assess(facts, site.severity)
    subject = f"{ABOUT_US}{cause}"
    claim = Detection(
        id=detection_id(kind, subject, now_ns),
        kind=kind,
        phase="onset",
        site=site.id,
        device=DEVICE,
        onset_ns=now_ns,
        decided_ns=now_ns,
        confidence=1.0,
        reason=reason,
        facts=facts,
        assessment=assessment,
    )
    incident = incident_of(claim, facts, assessment, now_ns)
    incident.subject = subject
    session.add(incident)
    session.flush()
    told = f"{incident_title(site, incident)}: {reason}"
    note(session, incident, now_ns, "opened", told, details={"cause": cause})
    inputs = {"rule": assessment.rule, "inputs": dict(assessment.inputs)}
    because = f"{assessment.severity}: {assessment.because}"
    note(session, incident, now_ns, "assessed", because, details=inputs)
    ladders.start(session, incident, now_ns)
    return incident, True


def end_by_proof(
    session: Session,
    site: Site,
    ladders: Ladders,
    kind: DetectionKind,
    cause: str,
    proof: str,
    now_ns: int,
) -> bool:
    """End the open incident about a cause, if there is one, because it has been seen to be well."""
    found = standing(session, site, kind, cause)
    if found is None:
        return False
    ending.resolve(session, ladders, found, SYSTEM, proof, now_ns)
    return True


def standing(session: Session, site: Site, kind: DetectionKind, cause: str) -> IncidentRow | None:
    """Return the open incident about a cause."""
    wanted = select(IncidentRow).where(
        IncidentRow.site == site.id,
        IncidentRow.kind == kind,
        IncidentRow.subject == f"{ABOUT_US}{cause}",
        IncidentRow.status != Life.RESOLVED,
    )
    return session.scalars(wanted).first()
