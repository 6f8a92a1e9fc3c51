"""What time alone makes due: silence that raises a tier, and the next rung of a ladder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import IncidentRow
from backend.incidents.tier import facts_of, raise_if_worse
from backend.paging.ladder import Ladders
from backend.timeline.timeline import note
from contract.instants import seconds
from contract.severity import assess
from contract.site import Site

log = structlog.get_logger(__name__)


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
        """Page the next rung wherever nobody has answered the last one in time."""
        self._each(self._waited(now_ns), lambda s, i: self._next_rung(s, i, now_ns))

    def _each(self, due: ColumnElement[bool], act: Callable[[Session, IncidentRow], None]) -> None:
        with self.database.read() as session:
            found = session.scalars(
                select(IncidentRow.id).where(due).order_by(IncidentRow.severity, IncidentRow.id)
            ).all()
        failures: list[Exception] = []
        for incident_id in found:
            try:
                with self.database.write() as session:
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
        return (
            (IncidentRow.status != "resolved")
            & IncidentRow.answered_ns.is_(None)
            & (IncidentRow.asking_until_ns <= now_ns)
        )

    def _waited(self, now_ns: int) -> ColumnElement[bool]:
        return (IncidentRow.status == "open") & (IncidentRow.next_step_ns <= now_ns)

    def _silence(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        asked_s = seconds(now_ns - (incident.asked_ns or now_ns))
        incident.asking_until_ns = None
        known = facts_of(incident)
        facts = known.model_copy(update={"unanswered_s": max(known.unanswered_s, asked_s)})
        incident.facts = facts.model_dump(mode="json")
        told = f"No answer to the check-call in {asked_s:.0f} s"
        note(session, incident, now_ns, "unanswered", told)
        assessment = assess(facts, self.site.severity)
        raise_if_worse(session, self.ladders, incident, (assessment,), now_ns)

    def _next_rung(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        if incident.held:
            note(session, incident, now_ns, "held-over", "The wearer has not answered: paged now")
        self.ladders.climb(session, incident, now_ns)
