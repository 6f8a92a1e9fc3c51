"""Which pages are due, read without holding anybody up: a look, and never the whole table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, and_, bindparam, or_, select

from backend.database.connection import Database
from backend.database.tables import ContactRow, PageRow, PersonRow
from backend.paging.channel import Channel
from backend.paging.lanes import ChannelRoom, SendingLane, WaitingPage, choose
from backend.paging.page_life import PageStatus
from backend.people.contact import Contact
from contract.severity import Severity

log = structlog.get_logger(__name__)

SEEN = 64
"""So many are looked at in one go. When there are more, each channel is asked for itself."""
DEPTH = 16
"""How often a channel is asked again past receivers that have all the places they may have."""

Key = tuple[int, int]
"""A page and the number of a try: one claim."""
DueRow = Any
"""A row of these columns. (Rows of two statements are two types.)"""
_COLUMNS = (
    PageRow.id,
    PageRow.channel,
    PageRow.person,
    PageRow.severity,
    PageRow.due_ns,
    PageRow.attempts,
)
_ORDER = (PageRow.attempts > 0, PageRow.severity, PageRow.due_ns, PageRow.id)
_DUE = and_(PageRow.status == PageStatus.DUE, PageRow.try_ns <= bindparam("now_ns"))
_ALL = (
    select(*_COLUMNS)
    .where(_DUE, PageRow.channel.in_(bindparam("channels", expanding=True)))
    .order_by(*_ORDER)
    .limit(SEEN + 1)
)
_OF_ONE = (
    select(*_COLUMNS)
    .where(
        _DUE,
        PageRow.channel == bindparam("channel"),
        PageRow.severity <= bindparam("mildest"),
        PageRow.attempts <= bindparam("most_attempts"),
        PageRow.person.not_in(bindparam("past", expanding=True)),
        or_(PageRow.attempts == 0, PageRow.person.not_in(bindparam("resting", expanding=True))),
    )
    .order_by(*_ORDER)
    .limit(SEEN)
)
_LAPSED = select(*_COLUMNS, PageRow.recalled).where(
    PageRow.status == PageStatus.SENDING, PageRow.lease_until_ns <= bindparam("now_ns")
)
_CONTACTS = (
    select(PersonRow.id, PersonRow.name, ContactRow.kind, ContactRow.value)
    .outerjoin(ContactRow, ContactRow.person == PersonRow.id)
    .where(PersonRow.id.in_(bindparam("people", expanding=True)))
)
_ANY = 2**62


@dataclass(frozen=True)
class DueNow:
    """Whom a look lets go, in which lane, and how they are reached."""

    going: Mapping[int, SendingLane]
    pages: Mapping[int, WaitingPage]
    contacts: Mapping[str, Contact]
    lapsed: Set[Key]
    """Claims of others whose lease has run out."""
    dropped: Sequence[int]
    """Pages with such a claim that nobody wants any more."""
    crowded: bool
    """Whether somebody has to wait for a place."""


@dataclass(frozen=True)
class DuePages:
    """Looks at the pages of one database, for the channels that there are."""

    database: Database
    channels: Mapping[str, Channel]

    def find(
        self,
        rooms: dict[str, ChannelRoom],
        now_ns: int,
        *,
        mine: Collection[int],
        dead: Set[Key] | None = frozenset(),
    ) -> DueNow:
        """Return whom there is room for.

        Leases that have run out are looked for as well, unless `dead` is None; but for `mine`.
        Pages whose sender is `dead` come as first tries do; those that were recalled are to be
        dropped.
        """
        going: dict[int, SendingLane] = {}
        pages: dict[int, WaitingPage] = {}
        contacts: dict[str, Contact] = {}
        with self.database.engine.connect() as connection:
            seen: Sequence[DueRow] = connection.execute(
                _ALL, {"now_ns": now_ns, "channels": list(rooms)}
            ).all()
            over = self._lapsed(connection, now_ns, mine) if dead is not None else []
            first = [
                row
                for row in over
                if not row.recalled
                and row.channel in rooms
                and (row.id, row.attempts) in (dead or ())
            ]
            if len(seen) <= SEEN:
                first += seen
            going |= self._choose(connection, rooms, first, pages, contacts)[0]
            if len(seen) > SEEN:
                for name in rooms:
                    going |= self._of_one(connection, rooms, name, now_ns, pages, contacts)
        return DueNow(
            going,
            pages,
            contacts,
            lapsed={(row.id, row.attempts) for row in over if not row.recalled},
            dropped=[row.id for row in over if row.recalled],
            crowded=len(seen) > SEEN or len(going) < len(pages),
        )

    def _lapsed(self, connection: Connection, now_ns: int, mine: Collection[int]) -> list[DueRow]:
        rows = connection.execute(_LAPSED, {"now_ns": now_ns})
        return [row for row in rows if row.id not in mine]

    def _of_one(
        self,
        connection: Connection,
        rooms: dict[str, ChannelRoom],
        name: str,
        now_ns: int,
        pages: dict[int, WaitingPage],
        contacts: dict[str, Contact],
    ) -> dict[int, SendingLane]:
        going: dict[int, SendingLane] = {}
        past: set[str] = set()
        resting: set[str] = set()
        retries = True
        for _ in range(DEPTH):
            room = rooms[name]
            if room.full:
                break
            seen = connection.execute(
                _OF_ONE,
                {
                    "now_ns": now_ns,
                    "channel": name,
                    "mildest": "SEV1" if room.lanes[SendingLane.COMMON].free <= 0 else "SEV9",
                    "most_attempts": _ANY if retries else 0,
                    "past": sorted(past),
                    "resting": sorted(resting),
                },
            ).all()
            rows = [row for row in seen if row.id not in going]
            chosen, waiting = self._choose(connection, rooms, rows, pages, contacts)
            going |= chosen
            if len(seen) < SEEN:
                break
            # Whoever had to wait stands before others for whom there may be room.
            before = (len(past), len(resting), retries)
            for each, person in waiting:
                fresh = replace(each, retry=False)
                if room.lane_for(fresh) is None:
                    past.add(person)
                elif room.rests(each) and each.receiver is not None:
                    resting.add(person)
                else:
                    retries = False
            if before == (len(past), len(resting), retries) and not chosen:
                break
        return going

    def _choose(
        self,
        connection: Connection,
        rooms: dict[str, ChannelRoom],
        rows: Sequence[DueRow],
        pages: dict[int, WaitingPage],
        contacts: dict[str, Contact],
    ) -> tuple[dict[int, SendingLane], list[tuple[WaitingPage, str]]]:
        if not rows:
            return {}, []
        contacts |= contacts_of(connection, {row.person for row in rows} - set(contacts))
        person = {row.id: row.person for row in rows}
        due = [self._waiting(row, contacts[row.person]) for row in rows]
        pages |= {each.id: each for each in due}
        choice = choose(rooms, due)
        return choice.going, [(each, person[each.id]) for each in choice.waiting]

    def _waiting(self, row: DueRow, to: Contact) -> WaitingPage:
        try:
            receiver = self.channels[row.channel].receiver(to)
        except Exception:
            log.exception("a channel does not say whom it reaches", channel=row.channel)
            receiver = to.person
        return WaitingPage(
            id=row.id,
            channel=row.channel,
            severity=Severity(row.severity),
            receiver=receiver,
            retry=row.attempts > 0 and "recalled" not in row._fields,
            due_ns=row.due_ns,
        )


def contacts_of(connection: Connection, people: set[str]) -> dict[str, Contact]:
    """Return everybody asked for with their addresses; somebody unknown by the id alone."""
    if not people:
        return {}
    names: dict[str, str] = {person: person for person in people}
    ways: dict[str, dict[str, str]] = {person: {} for person in people}
    for person, name, kind, value in connection.execute(_CONTACTS, {"people": sorted(people)}):
        names[person] = name
        if kind is not None:
            ways[person][kind] = value
    return {
        person: Contact(
            person=person,
            name=name,
            email=ways[person].get("email"),
            phone=ways[person].get("phone"),
        )
        for person, name in names.items()
    }
