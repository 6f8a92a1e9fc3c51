"""Claims due pages under a lease. Each method is one transaction.

It asks no incident: a page that is due is wanted (`backend/paging/recall.py`).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, bindparam, case, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import Base, IncidentRow, PageAttemptRow, PageRow
from backend.paging.channel import Channel
from backend.paging.doubt import CALM_LOOKS, SLOW_S, Doubts, Key
from backend.paging.due_pages import DueNow, DuePages
from backend.paging.ladder import Ladders
from backend.paging.lanes import ChannelRoom, SendingLane
from backend.paging.links import Links
from backend.paging.page import Page
from backend.paging.page_life import PageAct, PageStatus, page_after
from backend.paging.words import page_from, words
from contract.instants import Clock, ns
from contract.site import Site

LEASE_S = 4
"""How long a claim lasts. Whoever hands a page off renews it each second."""
TAKEN_OVER_S = LEASE_S + CALM_LOOKS
"""So long after the death of its sender a page is sent again, with a look each second; and by no
other reason twice (`backend/paging/doubt.py`)."""

# Tables and not classes: what is asked at every kick goes past the mapper.
_PAGE = Base.metadata.tables[PageRow.__tablename__]
_page = _PAGE.c
_CLAIMABLE = or_(
    and_(_page.status == PageStatus.DUE, _page.try_ns <= bindparam("now_ns")),
    and_(
        _page.status == PageStatus.SENDING,
        _page.lease_until_ns <= bindparam("now_ns"),
        _page.recalled.is_(False),
    ),
)
_CLAIM = (
    update(_PAGE)
    .where(
        _page.id.in_(
            select(_page.id)
            .where(_page.id.in_(bindparam("ids", expanding=True)), _CLAIMABLE)
            # Two engines never wait for each other, nor for somebody who recalls pages.
            .with_for_update(skip_locked=True)
        )
    )
    .values(
        status=page_after(PageStatus.DUE, PageAct.CLAIM),
        lease_until_ns=bindparam("lease_ns"),
        attempts=_page.attempts + 1,
        repeat=case((_page.status == PageStatus.SENDING, True), else_=_page.repeat),
    )
    .returning(
        *(_page.id, _page.incident_id, _page.channel, _page.person, _page.severity),
        *(_page.attempts, _page.repeat, _page.words, _page.token),
        *(_page.created_ns, _page.due_ns),
    )
)
_RENEW = (
    update(_PAGE)
    .where(
        _page.id.in_(
            select(_page.id)
            .where(
                tuple_(_page.id, _page.attempts).in_(bindparam("keys", expanding=True)),
                _page.status == PageStatus.SENDING,
            )
            .with_for_update(skip_locked=True)
        )
    )
    .values(lease_until_ns=bindparam("lease_ns"))
    .returning(_page.id, _page.attempts)
)
_DROP = (
    update(_PAGE)
    .where(
        _page.id.in_(
            select(_page.id)
            .where(
                _page.id.in_(bindparam("ids", expanding=True)),
                _page.status == PageStatus.SENDING,
                _page.recalled.is_(True),
                _page.lease_until_ns <= bindparam("now_ns"),
            )
            .with_for_update(skip_locked=True)
        )
    )
    .values(status=page_after(PageStatus.SENDING, PageAct.DROP))
)
_STANDING = (
    select(_page.id, _page.attempts)
    .where(
        tuple_(_page.id, _page.attempts).in_(bindparam("keys", expanding=True)),
        _page.status == PageStatus.SENDING,
        _page.lease_until_ns <= bindparam("now_ns"),
    )
    # Nobody renews a row that somebody else keeps: such a look says nothing.
    .with_for_update(skip_locked=True)
)
_BEGUN = insert(Base.metadata.tables[PageAttemptRow.__tablename__])
_SAY = update(_PAGE).where(_page.id == bindparam("page_id")).values(words=bindparam("said"))


@dataclass(frozen=True)
class ClaimedPage:
    """A page that this engine, and no other, hands off now."""

    channel: str
    attempt: int
    page: Page
    due_ns: int
    """When it was planned to go out."""
    lane: SendingLane
    receiver: str | None
    retry: bool
    since_s: float
    """When the lease began, by a clock that nobody sets."""

    @property
    def key(self) -> tuple[int, int]:
        """Which page and which try of it."""
        return self.page.id, self.attempt


@dataclass(frozen=True)
class OutboxLook:
    """What one look has found to do."""

    claims: Sequence[ClaimedPage]
    crowded: bool
    """Whether more is due than there is room for: look again when a place is free."""


@dataclass(frozen=True)
class PageOutbox:
    """The pages of one database."""

    site: Site
    database: Database
    ladders: Ladders
    links: Links
    channels: Mapping[str, Channel]
    _doubts: Doubts = field(default_factory=Doubts)

    def claim(
        self,
        rooms: dict[str, ChannelRoom],
        clock: Clock,
        *,
        mine: Collection[int] = (),
        lapsed: bool = True,
    ) -> OutboxLook:
        """Claim the due pages for which there is room, in the order of `lanes`.

        With `lapsed`, also those whose lease has run out, but for `mine`: whoever had them may
        have died before or after the hand-off, and nobody can tell. They are marked as repeats.
        The lease counts from the transaction, not from when somebody decided to begin it.
        """
        try:
            return self._look(rooms, clock, mine, lapsed=lapsed)
        except Exception:
            self._doubts.shake()
            raise

    def _look(
        self, rooms: dict[str, ChannelRoom], clock: Clock, mine: Collection[int], *, lapsed: bool
    ) -> OutboxLook:
        now_ns = clock()
        dead = self._doubts.dead(now_ns)
        due = DuePages(self.database, self.channels)
        found = due.find(rooms, now_ns, mine=mine, dead=dead if lapsed else None)
        claims: list[ClaimedPage] = []
        standing: set[Key] = set()
        if found.going or found.dropped or found.lapsed:
            began_s = time.monotonic()
            with self._turn() as session:
                since_s, now_ns = time.monotonic(), clock()
                if since_s - began_s > SLOW_S:
                    self._doubts.shake()
                only_slow = {page for page, _ in dead - self._doubts.dead(now_ns)}
                if found.dropped:
                    session.connection().execute(_DROP, {"ids": found.dropped, "now_ns": now_ns})
                going = sorted(set(found.going) - only_slow)
                claims = self._claimed(session, found, going, now_ns, since_s)
                standing = self._standing(session, found.lapsed, now_ns)
        if lapsed:
            self._doubts.saw(standing, clock())
        claims.sort(key=lambda claim: found.pages[claim.page.id].order)
        return OutboxLook(tuple(claims), found.crowded)

    def renew(self, claims: Collection[ClaimedPage], clock: Clock) -> set[tuple[int, int]]:
        """Keep claims whose hand-off goes on, and return the keys of those that are still ours.

        What somebody else has claimed meanwhile is left to them. So is all, when writing it down
        has eaten up half of the lease: nobody may begin a hand-off on what is left.
        """
        if not claims:
            return set()
        keys = sorted(claim.key for claim in claims)
        with self._turn() as session:
            since_s = time.monotonic()
            renewed = (
                session.connection()
                .execute(_RENEW, {"keys": keys, "lease_ns": clock() + ns(LEASE_S)})
                .all()
            )
        if time.monotonic() - since_s > LEASE_S / 2:
            return set()
        return {(row.id, row.attempts) for row in renewed}

    @contextmanager
    def _turn(self) -> Iterator[Session]:
        """Begin a transaction of a few rows of pages alone.

        SQLite has one writer. On PostgreSQL the rows' own locks do, and nothing waits for whoever
        has the writers' turn.
        """
        if self.database.dialect == "sqlite":
            with self.database.write() as session:
                yield session
            return
        with Session(self.database.engine) as session:
            yield session
            session.commit()

    def _standing(self, session: Session, lapsed: Set[Key], now_ns: int) -> set[Key]:
        """Return the claims that nobody has renewed, of rows that are ours to write."""
        if not lapsed:
            return set()
        asked = {"keys": sorted(lapsed), "now_ns": now_ns}
        return {(row.id, row.attempts) for row in session.connection().execute(_STANDING, asked)}

    def _claimed(
        self, session: Session, found: DueNow, ids: Sequence[int], now_ns: int, since_s: float
    ) -> list[ClaimedPage]:
        if not ids:
            return []
        lease_ns = now_ns + ns(LEASE_S)
        connection = session.connection()
        rows = connection.execute(
            _CLAIM, {"ids": ids, "now_ns": now_ns, "lease_ns": lease_ns}
        ).all()
        if not rows:
            return []
        connection.execute(
            _BEGUN,
            [
                {
                    "page_id": row.id,
                    "number": row.attempts,
                    "channel": row.channel,
                    "started_ns": now_ns,
                    "lease_until_ns": lease_ns,
                }
                for row in rows
            ],
        )
        said = {row.id: row.words or self._say(session, row) for row in rows}
        unsaid = [{"page_id": row.id, "said": said[row.id]} for row in rows if not row.words]
        if unsaid:
            connection.execute(_SAY, unsaid)
        return [
            ClaimedPage(
                channel=row.channel,
                attempt=row.attempts,
                page=page_from(row, said[row.id], found.contacts[row.person], self.links.url(row)),
                due_ns=row.due_ns,
                lane=found.going[row.id],
                receiver=found.pages[row.id].receiver,
                retry=found.pages[row.id].retry,
                since_s=since_s,
            )
            for row in rows
        ]

    def _say(self, session: Session, row: Any) -> dict[str, object]:
        incident = session.get_one(IncidentRow, row.incident_id)
        return words(self.site, incident, severity=row.severity)
