"""Turns a step's targets into calls: a person, and a channel that reaches them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import PersonRow
from backend.paging.channel import Channel
from backend.people.contact import Contact
from backend.people.directory import contact, people_of

Call = tuple[Contact, str]
"""A person, and the name of a channel that reaches them."""


def calls(
    session: Session, channels: Mapping[str, Channel], to: Iterable[str], climb: int = 0
) -> list[Call]:
    """Return whom the targets of one step reach, over every channel that reaches them.

    A duty is answered by its first person who can be reached; each later climb of the ladder calls
    one more of its list as well, since the first did not answer.
    """
    found: dict[tuple[str, str], Call] = {}
    for target in to:
        kind, _, name = target.partition(":")
        reached = 0
        for person in people_of(session, kind, name):
            ways = [n for n, channel in channels.items() if channel.reaches(person)]
            found |= {(person.person, way): (person, way) for way in ways}
            reached += bool(ways)
            if kind == "on-call" and reached > climb:
                break
    return list(found.values())


def ways_to(session: Session, channels: Mapping[str, Channel], person_id: str) -> list[Call]:
    """Return one person over every channel that reaches them."""
    person = contact(session, person_id)
    if person is None:
        return []
    return [(person, name) for name, channel in channels.items() if channel.reaches(person)]


def everybody(
    session: Session, channels: Mapping[str, Channel], roles: Collection[str]
) -> list[Call]:
    """Return every responder over every channel that reaches them.

    A responder has one of these roles; any role when none is named. Where nobody has a role,
    everybody whom the database knows is one.
    """
    rows = session.scalars(select(PersonRow).order_by(PersonRow.id)).all()
    wanted = [row.id for row in rows if (set(row.roles) & set(roles) if roles else row.roles)]
    ids = wanted or [row.id for row in rows]
    return [call for person_id in ids for call in ways_to(session, channels, person_id)]


def anybody(channels: Mapping[str, Channel]) -> list[Call]:
    """Return nobody in particular, over the channels that need no address: somebody may see it."""
    nobody = Contact(person="anybody", name="anybody at the site")
    return [(nobody, name) for name, channel in channels.items() if channel.reaches(nobody)]
