"""What time alone makes due: silence that raises a tier, and whatever an escalation waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import of_incident
from backend.database.tables import IncidentRow
from backend.incidents import ending, holding
from backend.incidents.check_call import CHECK_CALL, CheckMove
from backend.incidents.lifecycle import Life
from backend.incidents.tier import facts_of, raise_if_worse
from backend.paging.escalation import EscalationState
from backend.paging.ladder import DIGEST_S, Ladders, exhausted, plan
from backend.timeline.timeline import SYSTEM, note
from contract.instants import ns, seconds
from contract.site import Site

log = structlog.get_logger(__name__)

EXERCISE_S = 3600
"""An exercise ends by itself after so long, or when its ladder has ended: nobody is hurt."""


@dataclass(frozen=True)
class Overdue:
    """One transaction an incident: one that cannot be handled does not hold up the others."""

    site: Site
    database: Database
    ladders: Ladders

    def raise_unanswered(self, now_ns: int) -> None:
        """Raise incidents whose wearer has not answered the check-call in time."""
        self._each(self._unanswered(now_ns), lambda s, i: self._silence(s, i, now_ns))

    def escalate(self, now_ns: int) -> None:
        """Do what each incident waited for whose instant has come."""
        self._each(self._waited(now_ns), lambda s, i: self._go_on(s, i, now_ns))

    def _each(self, due: ColumnElement[bool], act: Callable[[Session, IncidentRow], None]) -> None:
        with self.database.read() as session:
            found = session.scalars(
                select(IncidentRow.id).where(due).order_by(IncidentRow.severity, IncidentRow.id)
            ).all()
        failures: list[Exception] = []
        for incident_id in found:
            try:
                with self.database.write(of_incident(incident_id)) as session:
                    # Asked again inside: another engine may have been here first.
                    still = select(IncidentRow).where(IncidentRow.id == incident_id, due)
                    incident = session.scalars(still).first()
                    if incident is not None:
                        act(session, incident)
            except Exception as error:
                log.exception("an incident could not be looked after", incident=incident_id)
                failures.append(error)
        if failures:
            raise ExceptionGroup("some incidents could not be looked after", failures)

    def _unanswered(self, now_ns: int) -> ColumnElement[bool]:
        return and_(
            IncidentRow.status != Life.RESOLVED,
            IncidentRow.answered_ns.is_(None),
            IncidentRow.asking_until_ns <= now_ns,
        )

    def _waited(self, now_ns: int) -> ColumnElement[bool]:
        return and_(IncidentRow.status != Life.RESOLVED, IncidentRow.next_ns <= now_ns)

    def _silence(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        asked_s = seconds(now_ns - (incident.asked_ns or now_ns))
        incident.asking_until_ns = None
        incident.check_call = CHECK_CALL.after(incident.check_call, CheckMove.RUN_OUT)
        known = facts_of(incident)
        facts = known.model_copy(update={"unanswered_s": max(known.unanswered_s, asked_s)})
        incident.facts = facts.model_dump(mode="json")
        told = f"No answer to the check-call in {asked_s:.0f} s"
        note(session, incident, now_ns, "unanswered", told)
        raise_if_worse(session, self.site, self.ladders, incident, (facts,), now_ns)

    def _go_on(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        waited_for = EscalationState(incident.escalation)
        if incident.exercise and self._exercise_is_over(incident, now_ns):
            text = "The exercise has ended by itself"
            ending.resolve(session, self.ladders, incident, SYSTEM, text, now_ns)
            return
        match waited_for:
            case EscalationState.HELD:
                told = "The wearer has not answered: paged now"
                note(session, incident, now_ns, "held-over", told)
                self.ladders.climb(session, incident, now_ns)
            case EscalationState.CLIMBING:
                self.ladders.climb(session, incident, now_ns)
            case EscalationState.LAST_RESORT:
                self.ladders.call_everybody(session, incident, now_ns)
            case EscalationState.LEASED:
                wait_s = self.site.response.of(incident.severity).acknowledge_s
                self.ladders.ask(session, incident, now_ns, wait_s)
            case EscalationState.ASKED:
                holding.pass_over(session, self.ladders, incident, now_ns)
            case EscalationState.DIGEST | EscalationState.OVER:
                plan(incident, now_ns, DIGEST_S)

    def _exercise_is_over(self, incident: IncidentRow, now_ns: int) -> bool:
        climbing = incident.escalation in (EscalationState.CLIMBING, EscalationState.LAST_RESORT)
        ended = climbing and bool(incident.ladder["steps"]) and exhausted(incident)
        return ended or now_ns - incident.opened_ns >= ns(EXERCISE_S)
