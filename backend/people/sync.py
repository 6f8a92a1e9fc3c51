"""Makes the site file's people and duties those of the database. Runs in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.database.tables import ContactRow, OnCallRow, PersonRow
from backend.people.difference import Difference, Differing, SyncAct
from backend.people.roster import Roster


def apply(session: Session, found: Sequence[Difference], wanted: Roster, now_ns: int) -> None:
    """Change what differs, so that the database has what `wanted` has.

    Somebody who is removed is called no more: contacts, roles and duties go. Their name stays, for
    the record of what they did. Somebody who comes back has the same id.
    """
    people = [each for each in found if each.about == Differing.PERSON]
    for each in people:
        if each.act != SyncAct.REMOVE:
            _put(session, each.id, wanted)
    # A duty names only people of its own roster: those who come are there by now, and with those
    # who go their duties differ too.
    for each in found:
        if each.about == Differing.DUTY:
            _assign(session, each.id, wanted.duties.get(each.id, ()))
    for each in people:
        if each.act == SyncAct.REMOVE:
            _remove(session, each.id, now_ns)
    session.flush()


def _put(session: Session, person_id: str, wanted: Roster) -> None:
    contact, roles = wanted.people[person_id], list(wanted.roles[person_id])
    row = session.get(PersonRow, person_id)
    if row is None:
        row = PersonRow(id=person_id, name=contact.name, roles=roles)
        session.add(row)
    row.name, row.roles, row.left_ns = contact.name, roles, None
    session.flush()
    session.execute(delete(ContactRow).filter_by(person=person_id))
    for kind, value in (("email", contact.email), ("phone", contact.phone)):
        if value is not None:
            session.add(ContactRow(person=person_id, kind=kind, value=value))


def _assign(session: Session, duty: str, people: Iterable[str]) -> None:
    session.execute(delete(OnCallRow).filter_by(duty=duty))
    for position, person in enumerate(people):
        session.add(OnCallRow(duty=duty, position=position, person=person))


def _remove(session: Session, person_id: str, now_ns: int) -> None:
    row = session.get_one(PersonRow, person_id)
    row.roles, row.left_ns = [], now_ns
    session.execute(delete(ContactRow).filter_by(person=person_id))
