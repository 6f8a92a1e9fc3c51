"""Responders and duties, as the database has them now. Of who has left, only the name is left."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.database.tables import ContactRow, OnCallRow, PersonRow
from backend.errors import UnknownError
from backend.people.contact import Contact
from contract.suggestion import did_you_mean


def contact(session: Session, person: str) -> Contact | None:
    """Return somebody with their addresses, or None of somebody unknown, or who has left."""
    row = session.get(PersonRow, person)
    if row is None or row.left_ns is not None:
        return None
    ways = {
        way.kind: way.value for way in session.scalars(select(ContactRow).filter_by(person=person))
    }
    return Contact(person=row.id, name=row.name, email=ways.get("email"), phone=ways.get("phone"))


def person_name(session: Session, person: str) -> str:
    """Return how somebody is called, also after they have left; the id of somebody unknown."""
    row = session.get(PersonRow, person)
    return row.name if row else person


def everybody(session: Session) -> dict[str, str]:
    """Return id → name of every responder who has not left, by name."""
    rows = session.scalars(_here().order_by(PersonRow.name, PersonRow.id))
    return {row.id: row.name for row in rows}


def require_person(session: Session, person_id: str) -> PersonRow:
    """Return a person who has not left, or raise `UnknownError` with who was meant perhaps."""
    person = session.get(PersonRow, person_id)
    if person is not None and person.left_ns is not None:
        raise UnknownError(f'"{person_id}" is not a person of this site any more')
    if person is None:
        known = [row.id for row in session.scalars(_here())]
        raise UnknownError(f'there is no person "{person_id}"{did_you_mean(person_id, known)}')
    return person


def people_of(session: Session, kind: str, name: str) -> Iterator[Contact]:
    """Yield whom a target names (`person`, `role` or `on-call`), in the order of asking."""
    match kind:
        case "person":
            ids = [name]
        case "role":
            rows = session.scalars(_here().order_by(PersonRow.id))
            ids = [row.id for row in rows if name in row.roles]
        case "on-call":
            duty = select(OnCallRow).filter_by(duty=name).order_by(OnCallRow.position)
            ids = [row.person for row in session.scalars(duty)]
        case _:
            ids = []
    for person in ids:
        known = contact(session, person)
        if known is not None:
            yield known


def _here() -> Select[PersonRow]:
    return select(PersonRow).filter_by(left_ns=None)
