"""Takes detections in: each once, into one incident, with its first pages, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import DetectionRow, IncidentRow
from backend.errors import ContradictionError, UnknownError
from backend.incidents import answers
from backend.incidents.asking import ASKED, ask, devices_that_ask, warn
from backend.incidents.matching import earlier_onset, match
from backend.incidents.record import incident_of, row_of
from backend.incidents.tier import facts_of, raise_if_worse
from backend.metrics import Metrics
from backend.paging.ladder import Ladders
from backend.paging.page import incident_title
from backend.timeline.timeline import note
from contract.detection import AskWearer, Detection, Receipt
from contract.instants import ns
from contract.severity import Facts, assess, waits_for_answer
from contract.site import Site
from contract.suggestion import did_you_mean

log = structlog.get_logger(__name__)


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
    metrics: Metrics
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
        with self.database.write() as session:
            _check_kind(session, detection)
            if detection.kind in answers.KINDS:
                receipt = answers.receive(session, self.site, self.ladders, detection, now_ns)
            else:
                receipt = self._receive(session, detection, now_ns)
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

    def _receive(self, session: Session, detection: Detection, now_ns: int) -> Receipt:
        key = (detection.id, detection.phase, detection.decided_ns)
        known = session.get(DetectionRow, key)
        if known is not None:
            incident = session.get_one(IncidentRow, known.incident_id)
            return self._receipt(incident, detection, now_ns, created=False)
        found = match(session, detection)
        incident = found or self._opened(session, detection, now_ns)
        session.add(row_of(detection, incident.id, now_ns))
        if found is not None:
            self._update(session, incident, detection, now_ns)
        return self._receipt(incident, detection, now_ns, created=found is None)

    def _opened(self, session: Session, detection: Detection, now_ns: int) -> IncidentRow:
        policy = self.site.severity
        facts = detection.facts.model_copy(update={"kind": detection.kind})
        answer = answers.given_since(session, detection)
        if answer is not None:
            facts = facts.model_copy(update={"cancelled": True})
        assessment = assess(facts, policy)
        incident = incident_of(detection, facts, assessment, now_ns)
        incident.answered_ns = answer.onset_ns if answer else None
        session.add(incident)
        session.flush()
        told = f"{incident_title(self.site, incident)}: {detection.reason}"
        note(
            session,
            incident,
            now_ns,
            "opened",
            told,
            details={
                "detection": detection.id,
                "phase": detection.phase,
                "confidence": detection.confidence,
                "late": detection.late,
            },
        )
        because = f"{assessment.severity}: {assessment.because}"
        note(
            session,
            incident,
            now_ns,
            "assessed",
            because,
            details={"rule": assessment.rule, "inputs": dict(assessment.inputs)},
        )
        if answer is not None:
            told = "The wearer had said that all is well before this arrived"
            note(session, incident, now_ns, "answered", told, who=str(incident.person))
            if answer.kind == "cancel":
                device = str(answer.raw["device"])
                answers.note_cancel(session, incident, now_ns, str(incident.person), device)
        asking = self._ask(session, incident, facts, now_ns)
        uncertain = waits_for_answer(detection.confidence, facts, policy)
        waits = asking and uncertain and policy.ask_s > 0
        if waits:
            told = f"Not certain: pages in {policy.ask_s:g} s unless the wearer answers"
            note(
                session,
                incident,
                now_ns,
                "held",
                told,
                details={"confidence": detection.confidence},
            )
        self.ladders.start(session, incident, now_ns, hold_s=policy.ask_s if waits else 0)
        return incident

    def _ask(self, session: Session, incident: IncidentRow, facts: Facts, now_ns: int) -> bool:
        devices = devices_that_ask(self.site, incident.person)
        if incident.kind not in ASKED or facts.cancelled or not devices:
            return False
        incident.asked_ns = now_ns
        incident.asking_until_ns = now_ns + ns(self.site.severity.no_answer_s)
        told = f'{", ".join(devices)} asks the wearer: "Are you all right?"'
        note(session, incident, now_ns, "asked", told, details={"devices": list(devices)})
        return True

    def _update(
        self, session: Session, incident: IncidentRow, detection: Detection, now_ns: int
    ) -> None:
        said = {"onset": "detected", "update": "updated", "clear": "cleared"}[detection.phase]
        note(
            session,
            incident,
            now_ns,
            said,
            detection.reason,
            details={
                "detection": detection.id,
                "device": detection.device,
                "confidence": detection.confidence,
                "late": detection.late,
            },
        )
        known = facts_of(incident)
        told = detection.facts.model_copy(update={"kind": incident.kind})
        newer = detection.decided_ns >= incident.newest_ns
        facts = known.with_update(told) if newer else told.with_update(known)
        incident.facts = facts.model_dump(mode="json")
        incident.confidence = max(incident.confidence, detection.confidence)
        incident.onset_ns = earlier_onset(session, incident, detection)
        incident.decided_ns = min(incident.decided_ns, detection.decided_ns)
        incident.exercise = incident.exercise and detection.exercise
        numbers: dict[str, Any] = dict(detection.evidence)
        if newer:
            incident.newest_ns = detection.decided_ns
            incident.reason = detection.reason
            incident.numbers = {**incident.numbers, **numbers}
            incident.zone = detection.zone or incident.zone
        else:
            incident.numbers = {**numbers, **incident.numbers}
            incident.zone = incident.zone or detection.zone
        if incident.status == "resolved":
            return
        # Its own facts are assessed too, so that the order of arrival does not change the tier.
        alone = told.model_copy(update={"cancelled": facts.cancelled})
        policy = self.site.severity
        raised = raise_if_worse(
            session, self.ladders, incident, (assess(facts, policy), assess(alone, policy)), now_ns
        )
        if (
            incident.held
            and not raised
            and not waits_for_answer(incident.confidence, facts, policy)
        ):
            note(session, incident, now_ns, "certain", "Now certain: paged at once")
            self.ladders.climb(session, incident, now_ns)

    def _receipt(
        self, incident: IncidentRow, detection: Detection, now_ns: int, *, created: bool
    ) -> Receipt:
        asked = ask(self.site, incident, now_ns)
        clips = self.clips.ask(detection, now_ns)
        commands = (*asked, *warn(self.site, detection, now_ns), *clips)
        return Receipt(incident=incident.id, created=created, commands=commands)


def _check_kind(session: Session, detection: Detection) -> None:
    known = select(DetectionRow.kind).filter_by(id=detection.id).limit(1)
    kind = session.scalars(known).first()
    if kind is not None and kind != detection.kind:
        raise ContradictionError(
            f"detection {detection.id} is a {kind}, and cannot be a {detection.kind} as well"
        )
