"""Everybody who may be paged and every duty at one moment: as the file or the database has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import ContactRow, OnCallRow, PersonRow
from backend.people.contact import Contact
from contract.lastresort import LastResort
from contract.site import Site


@dataclass(frozen=True)
class Roster:
    """Who is there, with which roles, and who answers for which duty. It never changes."""

    people: Mapping[str, Contact]
    roles: Mapping[str, tuple[str, ...]]
    """By person; sorted, so that two rosters can be compared."""
    duties: Mapping[str, tuple[str, ...]]
    """Ids of people by duty, in the order of asking."""

    def named_by(self, target: str) -> tuple[Contact, ...]:
        """Return whom a step's target (`person:`, `role:`, `on-call:`) names."""
        kind, _, name = target.partition(":")
        match kind:
            case "person":
                ids: tuple[str, ...] = (name,)
            case "role":
                ids = tuple(person for person, roles in self.roles.items() if name in roles)
            case "on-call":
                ids = self.duties.get(name, ())
            case _:
                ids = ()
        return tuple(self.people[person] for person in ids if person in self.people)

    def last_resort(
        self, wanted: LastResort, reached: Callable[[Contact], bool]
    ) -> tuple[Contact, ...]:
        """Return who is called when a ladder of SEV1 or SEV2 was climbed in vain.

        Whom `[last_resort]` names; if none of them can be reached, whoever has a role; if none of
        them can, everybody who can. Empty only if nobody at all can be reached.
        """
        groups = (
            [p for p in self.people.values() if wanted.calls(self.roles[p.person])],
            [p for p in self.people.values() if self.roles[p.person]],
            list(self.people.values()),
        )
        found = (tuple(filter(reached, group)) for group in groups)
        return next((group for group in found if group), ())

    def known(self, kind: str) -> frozenset[str]:
        """Return the names that targets of a kind may have."""
        match kind:
            case "person":
                return frozenset(self.people)
            case "role":
                return frozenset(role for roles in self.roles.values() for role in roles)
            case "on-call":
                return frozenset(self.duties)
            case _:
                return frozenset()


def roster_of_site(site: Site) -> Roster:
    """Return the people and duties of a site file."""
    return Roster(
        people={
            p.id: Contact(person=p.id, name=p.name, email=p.email, phone=p.phone)
            for p in site.person
        },
        roles={p.id: tuple(sorted(set(p.roles))) for p in site.person},
        duties={duty.id: duty.people for duty in site.on_call},
    )


def roster_of_database(session: Session) -> Roster:
    """Return the people and duties that the database has now, without those who have left."""
    rows = session.scalars(select(PersonRow).filter_by(left_ns=None).order_by(PersonRow.id)).all()
    ways: dict[str, dict[str, str]] = {row.id: {} for row in rows}
    for way in session.scalars(select(ContactRow)):
        ways.setdefault(way.person, {})[way.kind] = way.value
    duties: dict[str, list[str]] = {}
    for row in session.scalars(select(OnCallRow).order_by(OnCallRow.duty, OnCallRow.position)):
        duties.setdefault(row.duty, []).append(row.person)
    return Roster(
        people={
            row.id: Contact(
                person=row.id,
                name=row.name,
                email=ways[row.id].get("email"),
                phone=ways[row.id].get("phone"),
            )
            for row in rows
        },
        roles={row.id: tuple(sorted(set(row.roles))) for row in rows},
        duties={duty: tuple(people) for duty, people in duties.items()},
    )
