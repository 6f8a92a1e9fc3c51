"""Responders and duties, as the database has them now. Of who has left, only the name is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from backend.database.tables import ContactRow, OnCallRow, PersonRow
from backend.errors import UnknownError
from backend.people.contact import Contact
from contract.suggestion import did_you_mean

# One query a target, made once: the first pages of every fall wait for it.
_HERE = (
    select(PersonRow.id, PersonRow.name, PersonRow.roles, ContactRow.kind, ContactRow.value)
    .outerjoin(ContactRow, ContactRow.person == PersonRow.id)
    .where(PersonRow.left_ns.is_(None))
)
_ONE = _HERE.where(PersonRow.id == bindparam("name"))
_ALL = _HERE.order_by(PersonRow.id)
_ON_CALL = (
    _HERE.join(OnCallRow, OnCallRow.person == PersonRow.id)
    .where(OnCallRow.duty == bindparam("name"))
    .order_by(OnCallRow.position)
)


def contact(session: Session, person: str) -> Contact | None:
    """Return somebody with their addresses, or None of somebody unknown, or who has left."""
    return next(iter(_contacts(session.connection().execute(_ONE, {"name": person}).all())), None)


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
            yield from _contacts(session.connection().execute(_ONE, {"name": name}).all())
        case "role":
            rows = session.connection().execute(_ALL).all()
            yield from _contacts([row for row in rows if name in row.roles])
        case "on-call":
            yield from _contacts(session.connection().execute(_ON_CALL, {"name": name}).all())


def _contacts(rows: Sequence[Any]) -> list[Contact]:
    """Return people with their addresses, of rows of one way to reach them each."""
    ways: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for row in rows:
        names[row.id] = row.name
        ways.setdefault(row.id, {})[row.kind] = row.value
    return [
        Contact(
            person=person,
            name=name,
            email=ways[person].get("email"),
            phone=ways[person].get("phone"),
        )
        for person, name in names.items()
    ]


def _here() -> Select[PersonRow]:
    return select(PersonRow).filter_by(left_ns=None)
