"""What holds at the site until somebody says otherwise: states of zones, and an evacuation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import PLACES
from backend.database.tables import GatewayRow, SiteVersionRow, StandingRow
from backend.errors import IllegalTransitionError, UnknownError
from backend.people.directory import person_name, require_person
from backend.places.comparison import evacuation_differs, state_differs
from backend.places.view import EvacuationView, ZoneView
from contract.instants import NS_PER_S, Clock, ns
from contract.report import SPEAKER, Standing
from contract.site import Site
from contract.standing import Call, Word, evacuation_that_holds, state_that_holds
from contract.suggestion import did_you_mean
from contract.zone import Zone
from contract.zonestate import EnergyState, EvacuationBlock, ZoneStateBlock

EVACUATION = "evacuation"
MOST_AT_ONCE = 200
FUTURE_NS = ns(300)
"""What is said of later than this is not believed, or it would hold for ever."""
DIFFERS_AFTER_NS = ns(10)
"""A gateway fetches what was set within two seconds. After this long it is said that it has not."""
_read: TypeAdapter[Standing] = TypeAdapter(Standing)


@dataclass(frozen=True)
class Places:
    """Every change is by somebody named, is appended, and holds for the gateway once it fetches it.

    A device (a PLC, a fire panel) may make it more dangerous: whose word holds is the table of
    `contract.standing`, here and in the gateway.
    """

    site: Site
    database: Database
    clock: Clock
    _told: dict[str, tuple[Standing, ...]] = field(default_factory=dict)
    """What the gateway really holds, as it reported last."""

    def set_state(self, zone: str, person: str, state: EnergyState, reason: str) -> ZoneView:
        """Say in what state a zone is from now on.

        Raises
        ------
        UnknownError
            When there is no such zone or person.
        """
        known = self._zone(zone)
        with self.database.write(PLACES) as session:
            require_person(session, person)
            body = {"message": "zone_state/1", "zone": zone, "state": state}
            self._append(session, zone_key(zone), person, reason, body)
            return self._zone_view(session, known)

    def evacuate(self, person: str, zones: tuple[str, ...], reason: str) -> EvacuationView:
        """Begin an evacuation, or change which zones must be empty. The same again adds nothing."""
        for zone in zones:
            self._zone(zone)
        with self.database.write(PLACES) as session:
            require_person(session, person)
            call, _ = self._call(session)
            if call is None or not call.on or set(call.zones) != set(zones):
                body = {"message": "evacuation/1", "on": True, "zones": sorted(set(zones))}
                self._append(session, EVACUATION, person, reason, body)
            return self.evacuation_in(session)

    def all_clear(self, person: str, reason: str) -> EvacuationView:
        """End the evacuation.

        Raises
        ------
        IllegalTransitionError
            When none stands.
        """
        with self.database.write(PLACES) as session:
            require_person(session, person)
            call, _ = self._call(session)
            if call is None or not call.on:
                raise IllegalTransitionError("no evacuation stands", hint="there is none to end")
            body = {"message": "evacuation/1", "on": False, "zones": list(call.zones)}
            self._append(session, EVACUATION, person, reason, body)
            return self.evacuation_in(session)

    def zones(self) -> list[ZoneView]:
        """Return every zone with what holds there."""
        with self.database.read() as session:
            return [self._zone_view(session, zone) for zone in self.site.zone]

    def evacuation(self) -> EvacuationView:
        """Return whether an evacuation stands."""
        with self.database.read() as session:
            return self.evacuation_in(session)

    def evacuation_in(self, session: Session) -> EvacuationView:
        """Return the same, inside a transaction."""
        call, row = self._call(session)
        differs = evacuation_differs(call, self._really(row))
        return EvacuationView(
            on=bool(call and call.on),
            zones=call.zones if call else (),
            since_ns=row.t0_ns if row else None,
            source=row.source if row else None,
            by=row.who if row else None,
            by_name=person_name(session, row.who) if row else None,
            reason=row.reason if row else None,
            in_force=differs is None and (row is None or self._in_force(session, row)),
            differs=differs,
        )

    def note(self, gateway: str, standing: tuple[Standing, ...]) -> None:
        """Note what a gateway really holds: what is shown is compared with it."""
        self._told[gateway] = standing

    def learn(self, session: Session, heard: Iterable[Standing], now_ns: int) -> None:
        """Append what devices said, as far as it is news; not what they said only again."""
        for block in heard:
            key = key_of(block)
            if block.device == SPEAKER or block.t0_ns > now_ns + FUTURE_NS:
                continue
            rows = {row.source: row for row in self._of_each(session, key)}
            known, persons = rows.get(block.device), rows.get(SPEAKER)
            if known is not None and known.t0_ns >= block.t0_ns:
                continue
            after = persons is None or (known is not None and known.t0_ns > persons.t0_ns)
            if known is not None and known.body == _body_of(block) and after:
                continue
            row = StandingRow(
                key=key,
                t0_ns=block.t0_ns,
                at_ns=now_ns,
                source=block.device,
                who=block.by,
                reason=f"said by {block.device}",
                body=_body_of(block),
            )
            session.add(row)
            session.flush()

    def orders_after(self, session: Session, boot: int, seq: int) -> tuple[Standing, ...]:
        """Return what was set here and a gateway does not hold, oldest first.

        A gateway that holds nothing of this database gets the newest of each zone, not history.
        """
        ours = select(StandingRow).filter_by(source=SPEAKER).order_by(StandingRow.id)
        now_boot = self.boot(session)
        if boot == now_boot and seq > 0:
            rows = session.scalars(ours.where(StandingRow.id > seq).limit(MOST_AT_ONCE)).all()
        else:
            newest = select(func.max(StandingRow.id)).filter_by(source=SPEAKER)
            rows = session.scalars(
                ours.where(StandingRow.id.in_(newest.group_by(StandingRow.key)))
            ).all()
        return tuple(
            _read.validate_python(
                {
                    **row.body,
                    "device": SPEAKER,
                    "boot": now_boot,
                    "seq": row.id,
                    "t0_ns": row.t0_ns,
                    "by": row.who,
                },
            )
            for row in rows
        )

    def boot(self, session: Session) -> int:
        """Return what tells this database's numbers from another's: when it was first used."""
        first_ns = session.scalar(select(func.min(SiteVersionRow.first_used_ns)))
        return (first_ns or 0) // NS_PER_S

    def newest(self, session: Session, key: str) -> StandingRow | None:
        """Return what was said last, whether it holds or not."""
        wanted = select(StandingRow).filter_by(key=key)
        return session.scalars(
            wanted.order_by(StandingRow.t0_ns.desc(), StandingRow.id.desc()).limit(1)
        ).first()

    def _of_each(self, session: Session, key: str) -> Sequence[StandingRow]:
        """Return each speaker's newest row: of one speaker, later rows are of later instants."""
        newest = select(func.max(StandingRow.id)).filter_by(key=key).group_by(StandingRow.source)
        return session.scalars(select(StandingRow).where(StandingRow.id.in_(newest))).all()

    def _word(self, session: Session, zone: Zone) -> tuple[Word | None, StandingRow | None]:
        rows = {row.source: row for row in self._of_each(session, zone_key(zone.id))}
        words = [Word(row.source, row.t0_ns, row.body["state"]) for row in rows.values()]
        held = state_that_holds(zone.declared_state, words)
        return held, rows[held.speaker] if held else None

    def _call(self, session: Session) -> tuple[Call | None, StandingRow | None]:
        rows = {row.source: row for row in self._of_each(session, EVACUATION)}
        held = evacuation_that_holds(
            Call(row.source, row.t0_ns, row.body["on"], tuple(row.body.get("zones", ())))
            for row in rows.values()
        )
        return held, rows[held.speaker] if held else None

    def _append(
        self, session: Session, key: str, person: str, reason: str, body: dict[str, Any]
    ) -> None:
        now_ns = self.clock()
        known = self.newest(session, key)
        # A device's clock may be ahead of ours; what is said last holds all the same.
        t0_ns = max(now_ns, known.t0_ns + 1) if known else now_ns
        row = StandingRow(
            key=key,
            t0_ns=t0_ns,
            at_ns=now_ns,
            source=SPEAKER,
            who=person,
            reason=reason,
            body=body,
        )
        session.add(row)
        session.flush()

    def _zone(self, zone: str) -> Zone:
        known = self.site.zones.get(zone)
        if known is None:
            raise UnknownError(f'there is no zone "{zone}"{did_you_mean(zone, self.site.zones)}')
        return known

    def _zone_view(self, session: Session, zone: Zone) -> ZoneView:
        word, row = self._word(session, zone)
        state: EnergyState = word.state if word else zone.declared_state
        differs = state_differs(zone, state, self._really(row))
        return ZoneView(
            zone=zone.id,
            title=zone.title or zone.id,
            hazard=zone.hazard,
            state=state,
            live=zone.is_live(state),
            since_ns=row.t0_ns if row else None,
            source=row.source if row else "site-file",
            by=row.who if row else None,
            by_name=person_name(session, row.who) if row else None,
            reason=row.reason if row else None,
            in_force=differs is None and (row is None or self._in_force(session, row)),
            differs=differs,
        )

    def _really(self, row: StandingRow | None) -> tuple[Standing, ...] | None:
        """Return what the gateway holds; None if that is not known, or may be about to change."""
        fresh = row is not None and 0 <= self.clock() - row.at_ns < DIFFERS_AFTER_NS
        return None if fresh else self._told.get(self.site.gateway.id)

    def _in_force(self, session: Session, row: StandingRow) -> bool:
        """Whether the gateway has it: a device's word came through it."""
        if row.source != SPEAKER:
            return True
        held = session.get(GatewayRow, self.site.gateway.id)
        return (
            held is not None
            and held.orders_boot == self.boot(session)
            and held.orders_seq >= row.id
        )


def zone_key(zone: str) -> str:
    """Return under what a zone's state is kept."""
    return f"zone:{zone}"


def key_of(block: Standing) -> str:
    """Return under what a block is kept: the newest of a key holds."""
    return EVACUATION if isinstance(block, EvacuationBlock) else zone_key(block.zone)


def _body_of(block: Standing) -> dict[str, Any]:
    if isinstance(block, ZoneStateBlock):
        return {"message": block.message, "zone": block.zone, "state": block.state}
    return {"message": block.message, "on": block.on, "zones": list(block.zones)}
