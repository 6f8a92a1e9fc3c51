"""Where the people of a site file differ from those whom the database pages. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from backend.people.roster import Roster


class Differing(StrEnum):
    """The two things in which a site file and a database may differ."""

    PERSON = "person"
    DUTY = "duty"


class SyncAct(StrEnum):
    """What makes the file count."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class Field:
    """One value of it, as the database has it and as the file has it; None where it has none."""

    name: str
    in_database: str | None
    in_file: str | None


@dataclass(frozen=True)
class Difference:
    """One person or one duty that is not the same in both."""

    about: Differing
    id: str
    act: SyncAct
    fields: tuple[Field, ...]


def differences(in_file: Roster, in_database: Roster) -> tuple[Difference, ...]:
    """Return everything that differs: people first, then duties, each by id."""
    pairs = (
        (Differing.PERSON, _people(in_file), _people(in_database)),
        (Differing.DUTY, _duties(in_file), _duties(in_database)),
    )
    return tuple(
        found
        for about, wanted, kept in pairs
        for name in sorted({*wanted, *kept})
        for found in _compared(about, name, kept.get(name), wanted.get(name))
    )


Values = dict[str, str | None]


def _compared(
    about: Differing, name: str, kept: Values | None, wanted: Values | None
) -> Iterator[Difference]:
    act = SyncAct.ADD if kept is None else SyncAct.REMOVE if wanted is None else SyncAct.CHANGE
    before, after = kept or {}, wanted or {}
    fields = tuple(
        Field(field, before.get(field), after.get(field))
        for field in (before or after)
        if before.get(field) != after.get(field)
    )
    if fields or act != SyncAct.CHANGE:
        yield Difference(about, name, act, fields)


def _people(roster: Roster) -> dict[str, Values]:
    return {
        name: {
            "name": person.name,
            "roles": ", ".join(roster.roles[name]) or None,
            "email": person.email,
            "phone": person.phone,
        }
        for name, person in roster.people.items()
    }


def _duties(roster: Roster) -> dict[str, Values]:
    return {name: {"people": ", ".join(people)} for name, people in roster.duties.items()}
