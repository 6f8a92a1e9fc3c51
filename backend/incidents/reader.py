"""Reads incidents, as the API and the console show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import EvidenceRow, IncidentRow, PageRow, TimelineRow
from backend.errors import UnknownError
from backend.incidents import window
from backend.incidents.lifecycle import Life
from backend.incidents.outcome import verdict_of
from backend.incidents.view import (
    EvidenceView,
    IncidentSummary,
    IncidentView,
    PageView,
    TimelineEntry,
)
from backend.paging.calls import calls, everybody
from backend.paging.channel import Channel
from backend.paging.escalation import EscalationState
from backend.paging.ladder import exhausted
from backend.paging.links import Links
from backend.paging.page import incident_title, zone_title
from backend.paging.page_life import PageStatus
from backend.people.directory import person_name
from contract.instants import as_datetime, seconds
from contract.severity import Assessment, Severity
from contract.site import Site

HELD_BY_SOMEBODY = frozenset({Life.ACKNOWLEDGED, Life.ON_SCENE})


@dataclass(frozen=True)
class Reader:
    """What has happened, from one consistent state of the database a call. Changes nothing."""

    site: Site
    database: Database
    channels: Mapping[str, Channel]
    links: Links

    def incident(self, incident_id: int) -> IncidentView:
        """Return one incident with all that its page shows, or raise `UnknownError`."""
        with self.database.read() as session:
            row = session.get(IncidentRow, incident_id)
            if row is None:
                raise UnknownError(f"there is no incident {incident_id}")
            return self._view(session, row)

    def incidents(
        self,
        status: Life | None = None,
        limit: int = 50,
        *,
        severity: Severity | None = None,
        before: int | None = None,
    ) -> list[IncidentSummary]:
        """Return the newest incidents first; `before` is the id where the last answer ended."""
        wanted = select(IncidentRow).order_by(IncidentRow.id.desc()).limit(limit)
        if status is not None:
            wanted = wanted.filter_by(status=status)
        if severity is not None:
            wanted = wanted.filter_by(severity=str(severity))
        if before is not None:
            wanted = wanted.where(IncidentRow.id < before)
        with self.database.read() as session:
            return [
                IncidentSummary.model_validate(self._summary(session, row))
                for row in session.scalars(wanted)
            ]

    def pages(
        self,
        incident: int | None = None,
        limit: int = 50,
        *,
        status: PageStatus | None = None,
        before: int | None = None,
    ) -> list[PageView]:
        """Return the newest pages first."""
        wanted = (
            select(PageRow, IncidentRow.opened_ns, IncidentRow.decided_ns)
            .join(IncidentRow, IncidentRow.id == PageRow.incident_id)
            .order_by(PageRow.id.desc())
            .limit(limit)
        )
        if incident is not None:
            wanted = wanted.where(PageRow.incident_id == incident)
        if status is not None:
            wanted = wanted.where(PageRow.status == status)
        if before is not None:
            wanted = wanted.where(PageRow.id < before)
        with self.database.read() as session:
            return [_page(session, *found) for found in session.execute(wanted)]

    def by_token(self, token: str) -> tuple[IncidentView, str]:
        """Return the incident and the person that a link is for, or raise as `Links.open` does."""
        opened = self.links.open(token)
        return self.incident(opened.incident), opened.person

    def _summary(self, session: Session, row: IncidentRow) -> dict[str, object]:
        wearer = self.site.wearers.get(row.person or "")
        return {
            "id": row.id,
            "kind": row.kind,
            "severity": row.severity,
            "status": row.status,
            "person": row.person,
            "person_name": wearer.name if wearer else row.person,
            "zone": row.zone,
            "zone_title": zone_title(self.site, row.zone),
            "device": row.device,
            "onset": as_datetime(row.onset_ns).isoformat(),
            "onset_ns": row.onset_ns,
            "opened_ns": row.opened_ns,
            "title": incident_title(self.site, row),
            "confidence": row.confidence,
            "exercise": row.exercise,
            "acknowledged_by": row.acknowledged_by,
            "acknowledged_by_name": (
                person_name(session, row.acknowledged_by) if row.acknowledged_by else None
            ),
            "acknowledged_ns": row.acknowledged_ns,
            "outcome": verdict.label if (verdict := verdict_of(session, row)) else None,
        }

    def _view(self, session: Session, row: IncidentRow) -> IncidentView:
        wearer = self.site.wearers.get(row.person or "")
        pages = session.scalars(
            select(PageRow).filter_by(incident_id=row.id).order_by(PageRow.id)
        ).all()
        entries = session.scalars(
            select(TimelineRow).filter_by(incident_id=row.id).order_by(TimelineRow.seq)
        ).all()
        zone = self.site.zones.get(row.zone or "")
        return IncidentView.model_validate(
            {
                **self._summary(session, row),
                "site": row.site,
                "time_zone": self.site.site.time_zone,
                "reason": row.reason,
                "assessment": Assessment.model_validate(row.assessment),
                "numbers": row.numbers,
                "hazard": str(row.facts.get("hazard", zone.hazard if zone else "none")),
                "department": (wearer.department or None) if wearer else None,
                "phone": wearer.phone if wearer else None,
                "next_step_ns": row.next_ns if row.status == Life.OPEN else None,
                "lease_until_ns": row.next_ns if row.status in HELD_BY_SOMEBODY else None,
                "holder_asked": row.escalation == EscalationState.ASKED,
                "on_scene_ns": row.on_scene_ns,
                "linked_to": row.linked_to,
                "next_people": self._next_people(session, row),
                "asking_until_ns": row.asking_until_ns,
                "pages": tuple(
                    _page(session, page, row.opened_ns, row.decided_ns) for page in pages
                ),
                "timeline": tuple(_entry(entry) for entry in entries),
                "evidence": _evidence(session, row),
            }
        )

    def _next_people(self, session: Session, row: IncidentRow) -> tuple[str, ...]:
        if row.status != Life.OPEN or row.escalation == EscalationState.DIGEST:
            return ()
        if row.escalation == EscalationState.LAST_RESORT or exhausted(row):
            found = everybody(session, self.channels, self.site.last_resort)
        else:
            to = row.ladder["steps"][row.step]["to"]
            found = calls(session, self.channels, to, row.climbs)
            found = [call for call in found if call[0].person not in row.declined]
        return tuple(dict.fromkeys(person.name for person, _ in found))


def _page(session: Session, row: PageRow, opened_ns: int, decided_ns: int) -> PageView:
    # The first pages answer the detection; later ones a raised tier, or nobody's answer.
    since_ns = decided_ns if row.due_ns <= opened_ns else row.due_ns
    return PageView(
        id=row.id,
        incident=row.incident_id,
        severity=Severity(row.severity),
        person=row.person,
        person_name=person_name(session, row.person),
        channel=row.channel,
        step=row.step,
        status=row.status,
        text=row.text,
        due_ns=row.due_ns,
        sent_ns=row.sent_ns,
        attempts=row.attempts,
        latency_s=None if row.sent_ns is None else seconds(row.sent_ns - since_ns),
        error=row.error,
    )


def _entry(row: TimelineRow) -> TimelineEntry:
    return TimelineEntry(
        seq=row.seq,
        at_ns=row.at_ns,
        at=as_datetime(row.at_ns).isoformat(),
        what=row.what,
        who=row.who,
        text=row.text,
    )


def _evidence(session: Session, incident: IncidentRow) -> EvidenceView | None:
    windows = session.scalars(select(EvidenceRow).filter_by(incident_id=incident.id)).all()
    best = max(windows, key=lambda w: (w.complete, w.samples, w.detection_id), default=None)
    return window.view(best, incident.onset_ns) if best else None
