"""Claims due pages, and writes down what became of them. Each method is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import IncidentRow, PageAttemptRow, PageRow
from backend.paging.ladder import Ladders
from backend.paging.links import Links
from backend.paging.page import REPEAT, Page, Purpose, page_of, summary
from backend.people.contact import Contact
from backend.people.directory import contact, person_name
from backend.timeline.timeline import note
from contract.instants import ns
from contract.severity import Severity
from contract.site import Site

LEASE_S = 5
"""How long a claim lasts. Whoever hands a page off renews it each second, so a page is sent twice
only when its sender has died, and then so soon."""
LONGEST_HAND_OFF_S = 30
"""No longer is a claim renewed: a channel that has forgotten its own timeout (20 s at most)."""
LONGEST_BACKOFF_S = 20
GIVE_UP_S = 3600
"""A page is tried for as long as a dead mail server may take to come back. The ladder goes on
meanwhile."""


@dataclass(frozen=True)
class Claim:
    """A page that this engine, and no other, hands off now."""

    channel: str
    attempt: int
    page: Page


@dataclass(frozen=True)
class Outbox:
    """The pages of one database."""

    site: Site
    database: Database
    ladders: Ladders
    links: Links

    def claim(self, channel: str, limit: int, now_ns: int) -> Sequence[Claim]:
        """Claim up to `limit` pages that are due on a channel, the worst and oldest first.

        A page whose lease has run out is claimed again and marked as a repeat: whoever had it may
        have died before or after the hand-off, and nobody can tell.
        """
        lease_ns = now_ns + ns(LEASE_S)
        due = or_(
            and_(PageRow.status == "due", PageRow.due_ns <= now_ns),
            and_(PageRow.status == "sending", PageRow.lease_until_ns <= now_ns),
        )
        candidates = (
            select(PageRow.id)
            .join(IncidentRow, IncidentRow.id == PageRow.incident_id)
            .where(PageRow.channel == channel, IncidentRow.status != "resolved", due)
            .order_by(PageRow.severity, PageRow.due_ns, PageRow.id)
            .limit(limit)
        )
        with self.database.write() as session:
            claimed = session.scalars(
                update(PageRow)
                .where(PageRow.id.in_(candidates), due)
                .values(
                    status="sending",
                    lease_until_ns=lease_ns,
                    attempts=PageRow.attempts + 1,
                    repeat=case((PageRow.status == "sending", True), else_=PageRow.repeat),
                )
                .returning(PageRow.id)
            ).all()
            claims = [self._claimed(session, page_id, now_ns) for page_id in claimed]
        return sorted(claims, key=lambda claim: (claim.page.severity, claim.page.id))

    def renew(self, claims: Iterable[Claim], now_ns: int) -> None:
        """Keep claims whose hand-off goes on, but for what somebody else has claimed meanwhile."""
        mine = [
            and_(PageRow.id == claim.page.id, PageRow.attempts == claim.attempt) for claim in claims
        ]
        if not mine:
            return
        with self.database.write() as session:
            session.execute(
                update(PageRow)
                .where(PageRow.status == "sending", or_(*mine))
                .values(lease_until_ns=now_ns + ns(LEASE_S))
            )

    def withdraw_abandoned(self, now_ns: int) -> None:
        """Withdraw pages whose sender died and whose incident somebody has taken meanwhile."""
        over = select(IncidentRow.id).where(IncidentRow.status == "resolved")
        with self.database.write() as session:
            session.execute(
                update(PageRow)
                .where(
                    PageRow.status == "sending",
                    PageRow.lease_until_ns <= now_ns,
                    PageRow.incident_id.in_(over),
                )
                .values(status="withdrawn")
            )

    def sent(self, claim: Claim, reference: str, at_ns: int) -> None:
        """Write down that a page was handed off."""
        with self.database.write() as session:
            page = session.get_one(PageRow, claim.page.id)
            if page.status != "sent":
                page.status, page.sent_ns = "sent", at_ns
            page.reference, page.error = reference, None
            self._end(session, claim, "sent", at_ns, reference=reference)
            incident = session.get_one(IncidentRow, page.incident_id)
            told = f"Paged {claim.page.to.name} over {claim.channel}"
            note(
                session,
                incident,
                at_ns,
                "page-sent",
                told + (REPEAT if page.repeat else ""),
                details={"page": page.id, "attempt": claim.attempt, "reference": reference},
            )

    def failed(self, claim: Claim, error: str, at_ns: int, *, permanent: bool) -> bool:
        """Write down that a page was not taken, and when to try again.

        Returns
        -------
        bool
            Whether the ladder's next rung has become due by this.
        """
        with self.database.write() as session:
            page = session.get_one(PageRow, claim.page.id)
            self._end(session, claim, "failed", at_ns, error=error)
            incident = session.get_one(IncidentRow, page.incident_id)
            name = person_name(session, page.person)
            told = f"{claim.channel} did not reach {name}: {error}"
            note(
                session,
                incident,
                at_ns,
                "page-failed",
                told,
                details={"page": page.id, "attempt": claim.attempt},
            )
            if page.status != "sending" or page.attempts != claim.attempt:
                return False  # somebody else has it by now
            page.error = error
            too_late = at_ns - page.created_ns >= ns(GIVE_UP_S)
            eased = Severity(page.severity).worse_than(Severity(incident.severity))
            if incident.status == "resolved" or eased:
                page.status = "withdrawn"
                return False
            if permanent or too_late:
                page.status = "failed"
                session.flush()
                return self.ladders.hurry(session, incident, page, at_ns)
            page.status = "due"
            page.due_ns = at_ns + ns(min(2.0 ** (claim.attempt - 1), LONGEST_BACKOFF_S))
            return False

    def _claimed(self, session: Session, page_id: int, now_ns: int) -> Claim:
        row = session.get_one(PageRow, page_id, populate_existing=True)
        incident = session.get_one(IncidentRow, row.incident_id)
        row.text = summary(self.site, incident, Purpose(row.purpose))
        session.add(
            PageAttemptRow(
                page_id=row.id,
                number=row.attempts,
                started_ns=now_ns,
                lease_until_ns=row.lease_until_ns or now_ns,
            )
        )
        to = contact(session, row.person) or Contact(person=row.person, name=row.person)
        url = self.links.url(row)
        return Claim(row.channel, row.attempts, page_of(self.site, row, incident, to, url))

    def _end(
        self,
        session: Session,
        claim: Claim,
        result: str,
        at_ns: int,
        *,
        reference: str | None = None,
        error: str | None = None,
    ) -> None:
        attempt = session.get_one(PageAttemptRow, (claim.page.id, claim.attempt))
        attempt.ended_ns, attempt.result = at_ns, result
        attempt.reference, attempt.error = reference, error
