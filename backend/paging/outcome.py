"""Writes down what became of hand-offs: many in one transaction, each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import of_incident
from backend.database.tables import IncidentRow, PageAttemptRow, PageRow
from backend.paging.ladder import Ladders
from backend.paging.outbox import ClaimedPage
from backend.paging.page import REPEAT
from backend.paging.page_life import PAGE_LIFE, PageAct, PageStatus, page_after
from backend.timeline.timeline import note
from contract.instants import ns

LONGEST_BACKOFF_S = 20.0
"""As long as a mail server may take to come back. The ladder goes on meanwhile."""
REFUSED_BACKOFF_S = 60.0
"""A hard answer – no such address, no such path – is asked again, since a deploy, a full mailbox
and a typing error end as well, and somebody is still wanted."""
FIRST_REFUSED_S = 4.0


class TryResult(StrEnum):
    """How one try to hand a page off ended."""

    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"
    """A hard answer: this will hardly work the next time."""
    HUNG = "hung"
    """The channel did not come back by its deadline."""


@dataclass(frozen=True)
class EndedTry:
    """What became of one claim."""

    claim: ClaimedPage
    result: TryResult
    at_ns: int
    told: str
    """The provider's reference, or why not."""


def backoff_s(attempt: int, result: TryResult) -> float:
    """Return how long to wait after this try, the first being 1.

    >>> [backoff_s(n, TryResult.FAILED) for n in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 20.0]
    >>> [backoff_s(n, TryResult.REFUSED) for n in (1, 2, 9)]
    [4.0, 8.0, 60.0]
    """
    doubled = 2.0 ** min(attempt - 1, 10)
    if result is TryResult.REFUSED:
        return min(FIRST_REFUSED_S * doubled, REFUSED_BACKOFF_S)
    return min(doubled, LONGEST_BACKOFF_S)


@dataclass(frozen=True)
class Tries:
    """The record of hand-offs of one database."""

    database: Database
    ladders: Ladders

    def write(self, outcomes: Sequence[EndedTry]) -> bool:
        """Write all of them down, or raise and write none.

        Returns
        -------
        bool
            Whether a ladder's next rung has become due by this.
        """
        hurried = False
        concerned = {of_incident(each.claim.page.incident) for each in outcomes}
        with self.database.write(*concerned) as session:
            # By incident, so that two who write never wait for each other in a ring.
            for outcome in sorted(outcomes, key=lambda each: each.claim.page.incident):
                hurried |= self._write(session, outcome)
        return hurried

    def _write(self, session: Session, outcome: EndedTry) -> bool:
        claim = outcome.claim
        page = session.scalars(
            select(PageRow)
            .where(PageRow.id == claim.page.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        incident = session.get_one(IncidentRow, page.incident_id)
        sent = outcome.result is TryResult.SENT
        session.execute(
            update(PageAttemptRow)
            .where(
                PageAttemptRow.page_id == page.id,
                PageAttemptRow.number == claim.attempt,
            )
            .values(
                ended_ns=outcome.at_ns,
                result=outcome.result,
                reference=outcome.told if sent else None,
                error=None if sent else outcome.told,
            )
        )
        if sent:
            self._sent(session, incident, page, outcome)
            return False
        return self._failed(session, incident, page, outcome)

    def _sent(
        self, session: Session, incident: IncidentRow, page: PageRow, outcome: EndedTry
    ) -> None:
        if PAGE_LIFE.allows(page.status, PageAct.HAND_OFF):
            page.status, page.sent_ns = page_after(page.status, PageAct.HAND_OFF), outcome.at_ns
        page.reference, page.error = outcome.told, None
        claim = outcome.claim
        said = REPEAT if claim.page.repeat else ""
        note(
            session,
            incident,
            outcome.at_ns,
            "page-sent",
            f"Paged {claim.page.to.name} over {claim.channel}{said}",
            details={"page": page.id, "attempt": claim.attempt, "reference": outcome.told},
        )

    def _failed(
        self, session: Session, incident: IncidentRow, page: PageRow, outcome: EndedTry
    ) -> bool:
        claim, refused = outcome.claim, outcome.result is TryResult.REFUSED
        first_refusal = refused and page.refused_ns is None
        if claim.attempt.bit_count() == 1 or first_refusal:
            # The 1st, 2nd, 4th, 8th …: each try has a row of its own, the record is for reading.
            note(
                session,
                incident,
                outcome.at_ns,
                "page-failed",
                f"{claim.channel} did not reach {claim.page.to.name}: {outcome.told}",
                details={"page": page.id, "attempt": claim.attempt},
            )
        if page.status != PageStatus.SENDING or page.attempts != claim.attempt:
            return False  # somebody else has it by now
        page.error = outcome.told
        if page.recalled:
            page.status = page_after(page.status, PageAct.DROP)
            return False
        page.status = page_after(page.status, PageAct.FAIL)
        page.try_ns = outcome.at_ns + ns(backoff_s(claim.attempt, outcome.result))
        # It may still arrive by the call that did not come back.
        page.repeat = page.repeat or outcome.result is TryResult.HUNG
        if not first_refusal:
            return False
        page.refused_ns = outcome.at_ns
        session.flush()
        return self.ladders.hurry(session, incident, page, outcome.at_ns)
