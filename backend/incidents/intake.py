"""Takes detections in: each once, into one incident, with its first pages, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import CompoundSelect, bindparam, select, union
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import of_claim, of_incident, of_subject
from backend.database.tables import DetectionRow, IncidentRow
from backend.errors import ContradictionError, UnknownError
from backend.incidents import answers, ending, relapse, updating
from backend.incidents.asking import ask, devices_that_ask, warn
from backend.incidents.check_call import CHECK_CALL, CheckMove
from backend.incidents.lifecycle import Act, Life
from backend.incidents.matching import match
from backend.incidents.record import incident_of, keep
from backend.incidents.relapse import AfterResolution
from backend.incidents.tier import overrule
from backend.metrics import BackendMetrics
from backend.paging.ladder import Ladders
from backend.paging.page import incident_title
from backend.timeline.timeline import note
from contract.detection import AskWearer, Detection, Receipt
from contract.detection_kinds import ANSWERS, ASKED, DetectionKind
from contract.instants import ns
from contract.severity import Assessment, Facts, assess, waits_for_answer
from contract.site import Site
from contract.suggestion import did_you_mean

log = structlog.get_logger(__name__)

_TOLD = select(
    DetectionRow.phase, DetectionRow.decided_ns, DetectionRow.kind, DetectionRow.incident_id
).where(DetectionRow.id == bindparam("claim"))
"""Everything that was said of one claim before. Past the mapper: a fall waits for it."""
_CONCERNED: CompoundSelect[Any] = union(
    select(IncidentRow.id).where(
        IncidentRow.site == bindparam("site"),
        IncidentRow.subject == bindparam("subject"),
        IncidentRow.status != Life.RESOLVED,
    ),
    select(DetectionRow.incident_id).where(
        DetectionRow.id == bindparam("claim"), DetectionRow.incident_id.is_not(None)
    ),
)
"""Every incident that a detection can change."""


class AsksForClips(Protocol):
    """Says which cameras should send what they saw of an event."""

    def ask(self, detection: Detection, now_ns: int, /) -> Iterable[AskWearer]:
        """Return the requests, as commands."""
        ...


@dataclass(frozen=True)
class Intake:
    """The way in. Receiving the same detection twice is receiving it once."""

    site: Site
    database: Database
    ladders: Ladders
    metrics: BackendMetrics
    clips: AsksForClips

    def receive(self, detection: Detection, now_ns: int) -> Receipt:
        """Store a detection and do what it calls for; return only after the commit.

        Raises
        ------
        UnknownError
            When it is of another site.
        ContradictionError
            When its id is that of a detection of another kind.
        """
        if detection.site != self.site.id:
            known = did_you_mean(detection.site, [self.site.id])
            raise UnknownError(
                f'detection {detection.id} is of site "{detection.site}"{known}',
                hint=f"this backend is of site {self.site.id}",
            )
        opened: IncidentRow | None = None
        names = (of_subject(detection.subject), of_claim(detection.id))
        with self.database.write(*names) as session:
            self._hold_concerned(session, detection)
            told = session.connection().execute(_TOLD, {"claim": detection.id}).all()
            _check_kind(detection, told)
            if detection.kind in ANSWERS:
                receipt = answers.receive(session, self.site, self.ladders, detection, now_ns)
            else:
                receipt = self._receive(session, detection, told, now_ns)
            if receipt.created:
                opened = session.get(IncidentRow, receipt.incident)
        result = "opened" if opened else "joined"
        self.metrics.detections.labels(detection.phase, result).inc()
        if opened is not None:
            self.metrics.incidents.labels(opened.severity).inc()
            log.info(
                "incident opened",
                incident=opened.id,
                severity=opened.severity,
                kind=opened.kind,
                person=opened.person,
                zone=opened.zone,
            )
        return receipt

    def _hold_concerned(self, session: Session, detection: Detection) -> None:
        """Wait for whoever changes an incident that this may join, end the hold of, or reopen.

        None can be added meanwhile: whoever opens one about the subject has to name it.
        """
        if self.database.dialect == "postgresql":
            about = {
                "claim": detection.id,
                "site": detection.site,
                "subject": detection.subject,
            }
            concerned = session.connection().execute(_CONCERNED, about).scalars()
            self.database.take(session, *map(of_incident, concerned))

    def _receive(
        self, session: Session, detection: Detection, told: Sequence[Any], now_ns: int
    ) -> Receipt:
        phase = (detection.phase, detection.decided_ns)
        copy = next((row for row in told if (row.phase, row.decided_ns) == phase), None)
        if copy is not None:
            of = session.get_one(IncidentRow, copy.incident_id)
            return self._receipt(of, detection, now_ns, created=False)
        found = match(session, detection)
        incident, related = found.incident, found.related
        if incident is not None and incident.status == Life.RESOLVED:
            match relapse.judge(session, self.site, incident, detection, now_ns):
                case AfterResolution.AGAIN:
                    ending.reopen(
                        session, self.ladders, incident, Act.RELAPSE,
                        f"Measured after it was resolved: {detection.reason}", now_ns,
                    )  # fmt: skip
                case AfterResolution.ANEW:
                    related, incident = incident.id, None
                case AfterResolution.NO:
                    pass
        created = incident is None
        if incident is None:
            incident = self._opened(session, detection, now_ns, related)
        session.flush()  # a new incident gets its number, once all about it is settled
        keep(session, detection, incident.id, now_ns)
        if not created:
            updating.update(
                session, self.site, self.ladders, incident, detection, now_ns,
                same_claim=found.same_claim,
            )  # fmt: skip
        return self._receipt(incident, detection, now_ns, created=created)

    def _opened(
        self, session: Session, detection: Detection, now_ns: int, related: int | None
    ) -> IncidentRow:
        policy = self.site.severity
        facts = detection.facts.model_copy(update={"kind": detection.kind})
        word = answers.given_since(session, self.site, detection, now_ns)
        if word is not None:
            facts = facts.model_copy(update={"cancelled": True})
        assessment = assess(facts, policy)
        incident = incident_of(detection, facts, assessment, now_ns, related)
        if word is not None:
            incident.answered_ns = incident.word_ns = word.said_ns
            incident.check_call = CHECK_CALL.after(incident.check_call, CheckMove.ANSWER)
            overrule(self.site, incident, facts, incident.word_ns)
        session.add(incident)
        self._note_opening(session, incident, detection, assessment, now_ns)
        if word is not None:
            told = "The wearer had said that all is well before this arrived"
            note(session, incident, now_ns, "answered", told, who=str(incident.person))
            if word.kind == DetectionKind.CANCEL:
                session.flush()  # the label names the incident
                device = str(word.raw["device"])
                answers.note_cancel(session, incident, now_ns, str(incident.person), device)
        asking = self._ask(session, incident, facts, now_ns)
        uncertain = waits_for_answer(detection.confidence, facts, policy)
        waits = asking and uncertain and policy.ask_s > 0
        if waits:
            told = f"Not certain: pages in {policy.ask_s:g} s unless the wearer answers"
            details = {"confidence": detection.confidence}
            note(session, incident, now_ns, "held", told, details=details)
        self.ladders.start(session, incident, now_ns, hold_s=policy.ask_s if waits else 0)
        return incident

    def _note_opening(
        self,
        session: Session,
        incident: IncidentRow,
        detection: Detection,
        assessment: Assessment,
        now_ns: int,
    ) -> None:
        told = f"{incident_title(self.site, incident)}: {detection.reason}"
        details = {
            "detection": detection.id,
            "phase": detection.phase,
            "confidence": detection.confidence,
            "late": detection.late,
            "signed": detection.signed,
        }
        note(session, incident, now_ns, "opened", told, details=details)
        because = f"{assessment.severity}: {assessment.because}"
        inputs = {"rule": assessment.rule, "inputs": dict(assessment.inputs)}
        note(session, incident, now_ns, "assessed", because, details=inputs)
        if incident.linked_to is not None:
            told = f"May have to do with incident {incident.linked_to}"
            note(
                session, incident, now_ns, "linked", told, details={"incident": incident.linked_to}
            )

    def _ask(self, session: Session, incident: IncidentRow, facts: Facts, now_ns: int) -> bool:
        devices = devices_that_ask(self.site, incident.person)
        if incident.kind not in ASKED or facts.cancelled or not devices:
            return False
        incident.asked_ns = now_ns
        incident.asking_until_ns = now_ns + ns(self.site.severity.no_answer_s)
        incident.check_call = CHECK_CALL.after(incident.check_call, CheckMove.ASK)
        told = f'{", ".join(devices)} asks the wearer: "Are you all right?"'
        note(session, incident, now_ns, "asked", told, details={"devices": list(devices)})
        return True

    def _receipt(
        self, incident: IncidentRow, detection: Detection, now_ns: int, *, created: bool
    ) -> Receipt:
        asked = ask(self.site, incident, now_ns)
        clips = self.clips.ask(detection, now_ns)
        commands = (*asked, *warn(self.site, detection, now_ns), *clips)
        return Receipt(incident=incident.id, created=created, commands=commands)


def _check_kind(detection: Detection, told: Sequence[Any]) -> None:
    kind = told[0].kind if told else detection.kind
    if kind != detection.kind:
        raise ContradictionError(
            f"detection {detection.id} is a {kind}, and cannot be a {detection.kind} as well"
        )
