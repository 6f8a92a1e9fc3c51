"""What named people do about an incident: answer a call, end it, open it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import of_incident, of_subject
from backend.database.tables import AcknowledgementRow, IncidentRow
from backend.errors import IllegalTransitionError, UnknownError
from backend.incidents import ending, holding
from backend.incidents.call_answers import SAID, WHAT, Answer, By, Via
from backend.incidents.lifecycle import Act, Life
from backend.incidents.outcome import Outcome
from backend.incidents.reader import Reader
from backend.incidents.tier import by_hand, set_tier
from backend.incidents.view import IncidentView
from backend.paging.escalation import EscalationState
from backend.paging.ladder import Ladders
from backend.paging.summons import withdraw
from backend.people.directory import person_name, require_person
from backend.timeline.timeline import note
from contract.instants import Clock, as_datetime
from contract.severity import Severity
from contract.site import Site


@dataclass(frozen=True)
class Acknowledger:
    """Every act is by a named person, is written to the timeline, and returns after the commit."""

    site: Site
    database: Database
    ladders: Ladders
    reader: Reader
    clock: Clock

    def acknowledge(self, incident_id: int, person_id: str, via: Via, key: str) -> IncidentView:
        """Take an incident, for as long as its tier allows: then whoever took it is asked.

        The same `key` again, while the same answer holds, changes nothing more. Somebody who comes
        second by a link or the console is noted, and sees who has it; when the first was asked and
        has not answered, the second has it.

        Raises
        ------
        UnknownError
            When there is no such incident or person.
        IllegalTransitionError
            When it is resolved, or (by the API) somebody else has it already.
        """
        return self.answer(incident_id, person_id, Answer.ACKNOWLEDGE, via, key)

    def answer(
        self,
        incident_id: int,
        person_id: str,
        answer: Answer,
        via: Via,
        key: str,
        reason: str = "",
        *,
        through: str = "",
    ) -> IncidentView:
        """Take somebody's answer to a call. `acknowledge` says what of it is common to all.

        `through` says which link or session it was: it stands on the record beside the name, since
        whoever acts in a browser has said themselves who they are.

        On scene holds longer; giving back pages from the top; who cannot come is not called again
        for this incident while others can be, and the next is called at once where nobody else may
        come.

        Raises
        ------
        UnknownError
            When there is no such incident or person.
        IllegalTransitionError
            When the incident's state does not allow it.
        """
        with self._acting(incident_id, person_id) as (session, incident, name):
            if not self._is_copy(session, incident, person_id, answer, key):
                by = By(via, through)
                self._answered(session, incident, person_id, name, answer, by, reason)
                session.add(
                    AcknowledgementRow(
                        incident_id=incident.id,
                        person=person_id,
                        at_ns=self.clock(),
                        via=str(by),
                        key=key,
                        answer=answer,
                        lease=incident.lease,
                    )
                )
        return self.reader.incident(incident_id)

    def unacknowledge(
        self, incident_id: int, person_id: str, reason: str, via: Via = "api"
    ) -> IncidentView:
        """Give an incident back: its ladder starts from the top."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            by = By(via)
            self._answered(session, incident, person_id, name, Answer.GIVE_BACK, by, reason)
        return self.reader.incident(incident_id)

    def resolve(
        self,
        incident_id: int,
        person_id: str,
        reason: str,
        outcome: Outcome | None = None,
        *,
        through: str = "",
    ) -> IncidentView:
        """End an incident, and say what it was if that is known. Nothing is deleted."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            now_ns = self.clock()
            text = f"{name}: {reason}"
            ending.resolve(session, self.ladders, incident, person_id, text, now_ns, through)
            if outcome is not None:
                ending.judge(session, incident, person_id, name, reason, outcome, now_ns, through)
        return self.reader.incident(incident_id)

    def judge(
        self,
        incident_id: int,
        person_id: str,
        reason: str,
        outcome: Outcome,
        *,
        through: str = "",
    ) -> IncidentView:
        """Say what a resolved incident was, or correct what was said. Nobody is paged.

        Raises
        ------
        IllegalTransitionError
            While it is not resolved: what it was is said when it is ended.
        """
        with self._acting(incident_id, person_id) as (session, incident, name):
            if incident.status != Life.RESOLVED:
                raise IllegalTransitionError(
                    f"incident {incident_id} is {incident.status}",
                    hint="resolve it, and say with that what it was",
                )
            now_ns = self.clock()
            ending.judge(session, incident, person_id, name, reason, outcome, now_ns, through)
        return self.reader.incident(incident_id)

    def reopen(self, incident_id: int, person_id: str, reason: str) -> IncidentView:
        """Open a resolved incident again: its ladder starts from the top."""
        with self._acting(incident_id, person_id, opens=True) as (session, incident, name):
            ending.reopen(
                session,
                self.ladders,
                incident,
                Act.REOPEN,
                f"{name}: {reason}",
                self.clock(),
                who=person_id,
            )
        return self.reader.incident(incident_id)

    def set_severity(
        self, incident_id: int, person_id: str, severity: Severity, reason: str
    ) -> IncidentView:
        """Put an incident into another tier. The same tier again changes nothing."""
        with self._acting(incident_id, person_id) as (session, incident, name):
            if incident.status == Life.RESOLVED:
                raise IllegalTransitionError(
                    f"incident {incident_id} is resolved", hint="reopen it first"
                )
            if severity != incident.severity:
                before = incident.severity
                told = by_hand(incident, severity, name, reason)
                text = f"{name} changes {before} to {severity}: {reason}"
                now_ns = self.clock()
                set_tier(
                    session, self.site, self.ladders, incident, told, now_ns, who=person_id,
                    text=text,
                )  # fmt: skip
        return self.reader.incident(incident_id)

    @contextmanager
    def _acting(
        self, incident_id: int, person_id: str, *, opens: bool = False
    ) -> Iterator[tuple[Session, IncidentRow, str]]:
        key = of_incident(incident_id)
        with self.database.write(self._subject(incident_id) if opens else key) as session:
            if opens:
                self.database.take(session, key)
            incident = session.get(IncidentRow, incident_id)
            if incident is None:
                raise UnknownError(f"there is no incident {incident_id}")
            yield session, incident, require_person(session, person_id).name

    def _subject(self, incident_id: int) -> str:
        """Return the name of an incident's subject, which never changes."""
        with self.database.read() as session:
            asked = select(IncidentRow.subject).where(IncidentRow.id == incident_id)
            return of_subject(session.scalars(asked).first() or "")

    def _is_copy(
        self, session: Session, incident: IncidentRow, person: str, answer: Answer, key: str
    ) -> bool:
        """Whether this very answer was given to this very question. A new question wants anew."""
        given = select(AcknowledgementRow.id).filter_by(
            incident_id=incident.id, lease=incident.lease, person=person, answer=answer, key=key
        )
        return session.scalars(given).first() is not None

    def _answered(
        self,
        session: Session,
        incident: IncidentRow,
        person: str,
        name: str,
        answer: Answer,
        by: By,
        reason: str,
    ) -> None:
        now_ns = self.clock()
        mine = incident.acknowledged_by == person
        taken = incident.status in (Life.ACKNOWLEDGED, Life.ON_SCENE)
        asked = incident.escalation == EscalationState.ASKED
        told = SAID[answer].format(name=name, by=by) + (f": {reason}" if reason else "")
        details = {"via": by.via, "through": by.through, "lease": incident.lease}

        def say(what: str, text: str) -> None:
            note(session, incident, now_ns, what, text, who=person, details=details)

        match answer:
            case Answer.ACKNOWLEDGE:
                if taken and mine and not asked:
                    return  # they have it already, for as long as it holds
                if taken and not mine and not asked:
                    if by.via == "api":
                        raise self._taken(session, incident)
                    # A person is shown who has it; to them that is an answer, not an error.
                    say("acknowledged-too", f"{name} has answered too, by {by}")
                    return
                there = incident.status == Life.ON_SCENE and mine
                act = Act.ARRIVE if there else Act.ACKNOWLEDGE
                if incident.status == Life.ON_SCENE and not mine:
                    holding.give_back(session, incident)
                holding.take(session, self.site, self.ladders, incident, act, person, now_ns)
                say(WHAT[answer], told)
                withdraw(session, incident, now_ns, f"{name} has acknowledged")
            case Answer.ON_SCENE:
                holding.take(session, self.site, self.ladders, incident, Act.ARRIVE, person, now_ns)
                say(WHAT[answer], told)
                withdraw(session, incident, now_ns, f"{name} is on scene")
            case Answer.CANNOT:
                say(WHAT[answer], told)
                holding.decline(session, self.ladders, incident, person, name, now_ns)
            case Answer.GIVE_BACK:
                holding.give_back(session, incident)
                say(WHAT[answer], told)
                self.ladders.start(session, incident, now_ns)

    def _taken(self, session: Session, incident: IncidentRow) -> IllegalTransitionError:
        at = as_datetime(incident.acknowledged_ns or 0, self.site.site.time_zone)
        by = person_name(session, incident.acknowledged_by or "")
        return IllegalTransitionError(
            f"already acknowledged by {by} at {at:%H:%M:%S}",
            hint="they have it in hand; call them if you want to help",
        )
