"""Who is still inside: shown for a purpose only, and every look on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import ACCESS
from backend.database.tables import GatewayRow, WhereaboutsRow
from backend.people.directory import everybody, require_person
from backend.places.standing import Places
from backend.places.view import EvacuationView, MusterView, PersonHere, Where
from backend.timeline.access import note_access
from contract.instants import Clock
from contract.report import Whereabouts
from contract.site import Site

FIELDS = {"person", "zone", "inside", "heard_ns"}
NOT_OUT = frozenset({"inside", "last-seen"})
ORDER: Sequence[Where] = ("inside", "last-seen", "elsewhere", "safe")


@dataclass(frozen=True)
class HeadCount:
    """What anybody may see: no names."""

    evacuation: EvacuationView
    inside: int
    may_ask: Mapping[str, str]
    """Id → name of every responder."""


@dataclass(frozen=True)
class MusterList:
    """Positions as the gateway last reported them. It reports them for a purpose only.

    While an evacuation stands: everybody of late. Else: whoever is in a zone with a hazard.
    Nothing is kept of what was reported before.
    """

    site: Site
    database: Database
    places: Places
    clock: Clock

    def look_up(self, who: str, via: str) -> MusterView:
        """Return who is inside, once it is on record that `who` has looked.

        Raises
        ------
        UnknownError
            When the database does not know who asks.
        """
        with self.database.write(ACCESS) as session:
            require_person(session, who)
            view = self._view(session)
            details = {"via": via, "purpose": view.purpose, "people": len(view.people)}
            note_access(session, self.clock(), who, "muster", details)
        return view

    def head_count(self) -> HeadCount:
        """Return how many are inside, and who may ask for their names. It names nobody."""
        with self.database.read() as session:
            return HeadCount(
                evacuation=self.places.evacuation_in(session),
                inside=sum(each.where in NOT_OUT for each in self._view(session).people),
                may_ask=everybody(session),
            )

    def follow(self, who: str) -> MusterView:
        """Return the same for a page that goes on looking: its beginning is on record already."""
        with self.database.read() as session:
            require_person(session, who)
            return self._view(session)

    def keep(self, session: Session, heard: Sequence[Whereabouts]) -> None:
        """Replace what is known by a gateway's report. Whom it no longer names is forgotten."""
        told = {each.person: each for each in heard if each.person in self.site.wearers}
        known = {row.person: row for row in session.scalars(select(WhereaboutsRow))}
        gone = known.keys() - told.keys()
        if gone:
            session.execute(delete(WhereaboutsRow).where(WhereaboutsRow.person.in_(gone)))
        for person, each in told.items():
            row = known.get(person)
            if row is None:
                session.add(WhereaboutsRow(**each.model_dump(include=FIELDS)))
            elif (row.zone, row.inside, row.heard_ns) != (each.zone, each.inside, each.heard_ns):
                row.zone, row.inside, row.heard_ns = each.zone, each.inside, each.heard_ns

    def _view(self, session: Session) -> MusterView:
        evacuation = self.places.evacuation_in(session)
        gateway = session.get(GatewayRow, self.site.gateway.id)
        rows = session.scalars(select(WhereaboutsRow)).all()
        rows = [row for row in rows if not self._has_left(row)]
        people = [self._person(row, evacuation) for row in rows]
        if not evacuation.on:
            people = [person for person in people if person.where == "inside"]
        people.sort(key=lambda person: (ORDER.index(person.where), -person.heard_ns, person.name))
        return MusterView(
            purpose="evacuation" if evacuation.on else "hazard-zones",
            evacuation=evacuation,
            as_of_ns=gateway.at_ns if gateway else None,
            people=tuple(people),
            not_heard=len(self.site.wearer) - len(rows) if evacuation.on else 0,
        )

    def _person(self, row: WhereaboutsRow, evacuation: EvacuationView) -> PersonHere:
        wearer = self.site.wearers.get(row.person)
        zone = self.site.zones.get(row.zone or "")
        return PersonHere(
            person=row.person,
            name=wearer.name if wearer else row.person,
            department=(wearer.department or None) if wearer else None,
            phone=wearer.phone if wearer else None,
            where=self._where(row, evacuation),
            zone=row.zone,
            zone_title=(zone.title or zone.id) if zone else row.zone,
            heard_ns=row.heard_ns,
        )

    def _has_left(self, row: WhereaboutsRow) -> bool:
        zone = self.site.zones.get(row.zone or "")
        return zone is not None and zone.way_out and not row.inside

    def _where(self, row: WhereaboutsRow, evacuation: EvacuationView) -> Where:
        zone = self.site.zones.get(row.zone or "")
        if zone is not None and zone.muster:
            return "safe"
        if not evacuation.on:
            return "inside" if row.inside and zone and zone.hazard != "none" else "elsewhere"
        concerned = not evacuation.zones or zone is None or zone.id in evacuation.zones
        if not concerned:
            return "elsewhere"
        return "inside" if row.inside else "last-seen"
