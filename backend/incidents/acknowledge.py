"""What named people do about an incident: take it, give it back, end it, open it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import AcknowledgementRow, IncidentRow
from backend.errors import IllegalTransitionError, UnknownError
from backend.incidents.lifecycle import Act, after
from backend.incidents.outcome import WORDS, Outcome, record
from backend.incidents.reader import Reader
from backend.incidents.tier import by_hand, set_tier
from backend.incidents.view import IncidentView
from backend.paging.ladder import Ladders
from backend.people.directory import person_name, require_person
from backend.timeline.timeline import note
from contract.instants import Clock, as_datetime
from contract.severity import Severity
from contract.site import Site

Via = Literal["link", "api", "console"]


@dataclass(frozen=True)
class Acknowledger:
    """Every act is by a named person, is written to the timeline, and returns after the commit."""

    site: Site
    database: Database
    ladders: Ladders
    reader: Reader
    clock: Clock

    def acknowledge(self, incident_id: int, person_id: str, via: Via, key: str) -> IncidentView:
        """Take an incident: nobody more is paged, and pages that have not gone out are withdrawn.

        The same `key`, and the same person again, change nothing more. Somebody who comes second
        by a link or the console is noted, and sees who has it.

        Raises
        ------
        UnknownError
            When there is no such incident or person.
        IllegalTransitionError
            When it is resolved, or (by the API) somebody else has it already.
        """
        with self._acting(incident_id, person_id) as (session, incident, name):
            used = select(AcknowledgementRow.id).filter_by(incident_id=incident_id, key=key)
            repeated = session.scalars(used).first() is not None
            mine = incident.status == "acknowledged" and incident.acknowledged_by == person_id
            if not repeated and not mine:
                self._take(session, incident, person_id, name, via, key)
        return self.reader.incident(incident_id)

    def unacknowledge(self, incident_id: int, person_id: str, reason: str) -> IncidentView:
        """Give an incident back: its ladder starts from the top."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            incident.status = after(incident.status, Act.UNACKNOWLEDGE)
            incident.acknowledged_by = incident.acknowledged_ns = None
            self._restart(
                session, incident, "unacknowledged", f"{name} gives it back: {reason}", person_id
            )
        return self.reader.incident(incident_id)

    def resolve(
        self, incident_id: int, person_id: str, reason: str, outcome: Outcome | None = None
    ) -> IncidentView:
        """End an incident, and say what it was if that is known. Nothing is deleted."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            incident.status = after(incident.status, Act.RESOLVE)
            now_ns = self.clock()
            incident.resolved_by, incident.resolved_ns = person_id, now_ns
            incident.asking_until_ns = None
            note(session, incident, now_ns, "resolved", f"{name}: {reason}", who=person_id)
            self.ladders.withdraw(session, incident, now_ns, "resolved")
            if outcome is not None:
                self._judge(session, incident, person_id, name, reason, outcome)
        return self.reader.incident(incident_id)

    def judge(
        self, incident_id: int, person_id: str, reason: str, outcome: Outcome
    ) -> IncidentView:
        """Say what a resolved incident was, or correct what was said. Nobody is paged.

        Raises
        ------
        IllegalTransitionError
            While it is not resolved: what it was is said when it is ended.
        """
        with self._acting(incident_id, person_id) as (session, incident, name):
            if incident.status != "resolved":
                raise IllegalTransitionError(
                    f"incident {incident_id} is {incident.status}",
                    hint="resolve it, and say with that what it was",
                )
            self._judge(session, incident, person_id, name, reason, outcome)
        return self.reader.incident(incident_id)

    def reopen(self, incident_id: int, person_id: str, reason: str) -> IncidentView:
        """Open a resolved incident again: its ladder starts from the top."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            status = after(incident.status, Act.REOPEN)
            twin = select(IncidentRow.id).where(
                IncidentRow.site == incident.site,
                IncidentRow.kind == incident.kind,
                IncidentRow.subject == incident.subject,
                IncidentRow.onset_ns == incident.onset_ns,
                IncidentRow.status != "resolved",
            )
            other = session.scalars(twin).first()
            if other is not None:
                raise IllegalTransitionError(
                    f"the same event is open already as incident {other}",
                    hint=f"go on with incident {other}",
                )
            incident.status = status
            incident.resolved_by = incident.resolved_ns = None
            incident.acknowledged_by = incident.acknowledged_ns = None
            self._restart(session, incident, "reopened", f"{name}: {reason}", person_id)
        return self.reader.incident(incident_id)

    def set_severity(
        self, incident_id: int, person_id: str, severity: Severity, reason: str
    ) -> IncidentView:
        """Put an incident into another tier. The same tier again changes nothing."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            if incident.status == "resolved":
                raise IllegalTransitionError(
                    f"incident {incident_id} is resolved", hint="reopen it first"
                )
            if severity != incident.severity:
                before = incident.severity
                told = by_hand(incident, severity, name, reason)
                text = f"{name} changes {before} to {severity}: {reason}"
                set_tier(
                    session, self.ladders, incident, told, self.clock(), who=person_id, text=text
                )
        return self.reader.incident(incident_id)

    @contextmanager
    def _acting(
        self, incident_id: int, person_id: str
    ) -> Iterator[tuple[Session, IncidentRow, str]]:
        with self.database.write() as session:
            incident = session.get(IncidentRow, incident_id)
            if incident is None:
                raise UnknownError(f"there is no incident {incident_id}")
            yield session, incident, require_person(session, person_id).name

    def _take(
        self, session: Session, incident: IncidentRow, person: str, name: str, via: Via, key: str
    ) -> None:
        now_ns = self.clock()
        kept = AcknowledgementRow(
            incident_id=incident.id, person=person, at_ns=now_ns, via=via, key=key
        )
        if incident.status == "acknowledged":
            if via == "api":
                raise self._taken(session, incident)
            # A person is shown who has it; to them that is an answer, not an error.
            told = f"{name} has answered too, by {via}"
            note(
                session,
                incident,
                now_ns,
                "acknowledged-too",
                told,
                who=person,
                details={"via": via},
            )
            session.add(kept)
            return
        incident.status = after(incident.status, Act.ACKNOWLEDGE)
        incident.acknowledged_by, incident.acknowledged_ns = person, now_ns
        session.add(kept)
        told = f"{name} has acknowledged by {via}"
        note(session, incident, now_ns, "acknowledged", told, who=person, details={"via": via})
        self.ladders.withdraw(session, incident, now_ns, f"{name} has acknowledged")

    def _judge(
        self,
        session: Session,
        incident: IncidentRow,
        person: str,
        name: str,
        reason: str,
        outcome: Outcome,
    ) -> None:
        now_ns = self.clock()
        record(session, incident, outcome, now_ns, person, reason)
        told = f"{name} says what it was: {WORDS[outcome].lower()}. {reason}"
        note(session, incident, now_ns, "outcome", told, who=person, details={"outcome": outcome})

    def _taken(self, session: Session, incident: IncidentRow) -> IllegalTransitionError:
        at = as_datetime(incident.acknowledged_ns or 0, self.site.site.time_zone)
        by = person_name(session, incident.acknowledged_by or "")
        return IllegalTransitionError(
            f"already acknowledged by {by} at {at:%H:%M:%S}",
            hint="they have it in hand; call them if you want to help",
        )

    def _restart(
        self, session: Session, incident: IncidentRow, what: str, text: str, who: str
    ) -> None:
        now_ns = self.clock()
        note(session, incident, now_ns, what, text, who=who)
        self.ladders.start(session, incident, now_ns)
