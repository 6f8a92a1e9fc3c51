"""Turns a step's targets into calls: a person, and a channel that reaches them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from backend.paging.channel import Channel
from backend.people.contact import Contact
from backend.people.directory import people_of

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
