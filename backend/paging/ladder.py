"""Climbs an escalation ladder: whom a rung pages, and when the next one is due."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, PageRow
from backend.paging.calls import Call, calls
from backend.paging.channel import Channel
from backend.paging.page_life import UNSETTLED, PageStatus
from backend.paging.recall import recall
from backend.paging.words import words
from backend.timeline.timeline import note
from contract.instants import ns
from contract.severity import Severity
from contract.site import Site

log = structlog.get_logger(__name__)


class Ladders:
    """The site's escalation policies at work. Every method runs inside a write transaction."""

    def __init__(self, site: Site, channels: Mapping[str, Channel]) -> None:
        self._site = site
        self._channels = channels
        self._policies = {policy.severity: policy for policy in site.escalation}

    def snapshot(self, severity: Severity | str) -> dict[str, Any]:
        """Return a tier's policy as it stands now. A tier without one is for the digest."""
        policy = self._policies.get(Severity(severity))
        if policy is None:
            return {"severity": str(severity), "steps": [], "repeat": 0}
        return policy.model_dump(mode="json")

    def start(
        self, session: Session, incident: IncidentRow, now_ns: int, *, hold_s: float = 0
    ) -> None:
        """Start the clock of the incident's tier, and page its first rung in this transaction.

        With `hold_s` nobody is paged for so long: the wearer is being asked first. An incident that
        somebody has taken, or that is over, pages nobody.
        """
        incident.ladder = self.snapshot(incident.severity)
        incident.round += 1
        incident.step = incident.climbs = 0
        incident.tier_since_ns = now_ns
        incident.next_step_ns = None
        incident.held = False
        if incident.status != "open" or not incident.ladder["steps"]:
            return
        if hold_s > 0:
            incident.held = True
            incident.next_step_ns = now_ns + ns(hold_s)
        else:
            self.climb(session, incident, now_ns)

    def climb(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        """Page the rung that is due. One that reaches nobody gives way to the next at once."""
        incident.held = False
        steps = incident.ladder["steps"]
        if incident.climbs > incident.ladder["repeat"]:
            incident.next_step_ns = None
            note(session, incident, now_ns, "exhausted", "Nobody answered; the ladder has ended")
            log.error("nobody answered", incident=incident.id, severity=incident.severity)
            return
        for _ in steps:
            step = incident.step
            rung = steps[step]
            found = calls(session, self._channels, rung["to"], incident.climbs)
            if found:
                self._page(session, incident, step, found, now_ns)
            else:
                self._say_nobody(session, incident, step, rung["to"], now_ns)
            incident.next_step_ns = now_ns + ns(rung["wait_s"])
            _advance(incident)
            if found:
                return

    def hurry(self, session: Session, incident: IncidentRow, page: PageRow, now_ns: int) -> bool:
        """Make the next rung due at once when no page of the newest rung reaches anybody.

        A page that a channel has refused is tried on, and the ladder does not wait for it.

        Only within one climb: going round a ladder of dead channels would burn all its repeats in
        a second.
        """
        newest = session.execute(
            select(PageRow.round, PageRow.step)
            .filter_by(incident_id=incident.id)
            .order_by(PageRow.round.desc(), PageRow.step.desc())
        ).first()
        rung = select(PageRow.id).where(
            PageRow.incident_id == incident.id,
            PageRow.round == page.round,
            PageRow.step == page.step,
            or_(
                PageRow.status == PageStatus.SENT,
                and_(PageRow.status.in_(UNSETTLED), PageRow.refused_ns.is_(None)),
            ),
        )
        hopeless = session.scalars(rung.limit(1)).first() is None
        is_newest = newest is not None and tuple(newest) == (page.round, page.step)
        if not (hopeless and is_newest and incident.status == "open" and incident.step > 0):
            return False
        incident.next_step_ns = now_ns
        text = f"Step {page.step + 1} reached nobody over any channel; the next is paged at once"
        note(session, incident, now_ns, "step-failed", text, details={"step": page.step})
        return True

    def withdraw(self, session: Session, incident: IncidentRow, now_ns: int, why: str) -> int:
        """Take back the pages that have not gone out, and stop the clock. Say how many."""
        taken = recall(session, incident.id)
        incident.next_step_ns = None
        incident.held = False
        if taken:
            text = f"{taken} unsent page(s) withdrawn: {why}"
            note(session, incident, now_ns, "pages-withdrawn", text)
        return taken

    def _page(
        self, session: Session, incident: IncidentRow, step: int, found: list[Call], now_ns: int
    ) -> None:
        said = words(self._site, incident)
        text = said["summary"]
        for person, channel in found:
            # A newer call says more than an older one that still waits in the same line.
            session.execute(
                update(PageRow)
                .where(
                    PageRow.incident_id == incident.id,
                    PageRow.person == person.person,
                    PageRow.channel == channel,
                    PageRow.status == "due",
                )
                .values(status="withdrawn")
            )
            session.add(
                PageRow(
                    incident_id=incident.id,
                    round=incident.round,
                    step=step,
                    person=person.person,
                    channel=channel,
                    severity=incident.severity,
                    created_ns=now_ns,
                    due_ns=now_ns,
                    token=secrets.token_hex(8),
                    text=text,
                    words=said,
                )
            )
        names = ", ".join(dict.fromkeys(person.name for person, _ in found))
        told = f"{incident.severity} step {step + 1}: paging {names}"
        note(
            session,
            incident,
            now_ns,
            "paging",
            told,
            details={"step": step, "climb": incident.climbs},
        )

    def _say_nobody(
        self, session: Session, incident: IncidentRow, step: int, to: list[str], now_ns: int
    ) -> None:
        told = f"{incident.severity} step {step + 1} ({', '.join(to)}) reaches nobody"
        note(session, incident, now_ns, "nobody", told, details={"step": step})
        log.error("an escalation step reaches nobody", incident=incident.id, step=step + 1, to=to)


def _advance(incident: IncidentRow) -> None:
    incident.step += 1
    if incident.step == len(incident.ladder["steps"]):
        incident.step = 0
        incident.climbs += 1
        incident.round += 1
