"""Takes over what an older version left open: everything gets an instant, and people are told."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.incidents import system
from backend.incidents.lifecycle import Life
from backend.incidents.tier import facts_of, overrule
from backend.paging.escalation import EscalationState
from backend.paging.ladder import DIGEST_S, Ladders, plan
from contract.detection_kinds import DetectionKind
from contract.instants import seconds
from contract.response import LONGEST_S
from contract.severity import Severity
from contract.site import Site

SPREAD_S = 3600
"""A release that is started in the morning must not call everybody about everything at once."""
NOT_PLANNED = 0
"""What the migration writes as the next instant of an incident that waited for nothing."""
MOST_NAMED = 20


def take_over(session: Session, site: Site, ladders: Ladders, now_ns: int) -> int:
    """Plan what is not planned, spread over an hour after its tier's time; return how many.

    One page to the on-call lists them: somebody may know that most of them are long over.
    """
    open_ones = session.scalars(
        select(IncidentRow)
        .where(IncidentRow.status != Life.RESOLVED)
        .order_by(IncidentRow.severity, IncidentRow.id)
    ).all()
    left = [each for each in open_ones if each.next_ns == NOT_PLANNED]
    for number, incident in enumerate(left):
        plan(incident, now_ns, _wait_s(site, incident) + SPREAD_S * number / len(left))
    for incident in open_ones:
        _clamp(incident, now_ns)
        if incident.facts.get("cancelled", False) and incident.word_ns is None:
            incident.word_ns = incident.answered_ns or now_ns
            overrule(site, incident, facts_of(incident), incident.word_ns)
    called = [each for each in left if each.escalation != EscalationState.DIGEST]
    if called:
        named = ", ".join(f"#{each.id} {each.severity}" for each in called[:MOST_NAMED])
        more = f" and {len(called) - MOST_NAMED} more" if len(called) > MOST_NAMED else ""
        reason = f"An older version left {len(called)} open, and nobody was to be called: {named}"
        system.report(
            session, site, ladders, DetectionKind.LEFT_OPEN, "upgrade", reason + more, now_ns
        )
    return len(left)


def _wait_s(site: Site, incident: IncidentRow) -> float:
    if incident.escalation == EscalationState.DIGEST:
        return DIGEST_S
    times = site.response.of(incident.severity)
    taken = incident.escalation == EscalationState.LEASED
    return times.on_scene_s if taken else times.acknowledge_s


def _clamp(incident: IncidentRow, now_ns: int) -> None:
    longest_s = LONGEST_S[Severity(incident.severity)]
    if incident.next_ns is not None and seconds(incident.next_ns - now_ns) > longest_s:
        plan(incident, now_ns, longest_s)
