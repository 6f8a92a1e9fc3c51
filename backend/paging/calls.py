"""Turns a step's targets into calls: a person, and a channel that reaches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from backend.paging.channel import Channel
from backend.people.contact import Contact
from backend.people.directory import contact, people_of
from backend.people.roster import roster_of_database
from contract.lastresort import LastResort

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


def everybody(session: Session, channels: Mapping[str, Channel], resort: LastResort) -> list[Call]:
    """Return whom the last resort calls, over every channel that reaches them."""

    def reached(person: Contact) -> bool:
        return any(channel.reaches(person) for channel in channels.values())

    people = roster_of_database(session).last_resort(resort, reached)
    return [call for person in people for call in ways_to(session, channels, person.person)]


def anybody(channels: Mapping[str, Channel]) -> list[Call]:
    """Return nobody in particular, over the channels that need no address: somebody may see it."""
    nobody = Contact(person="anybody", name="anybody at the site")
    return [(nobody, name) for name, channel in channels.items() if channel.reaches(nobody)]
