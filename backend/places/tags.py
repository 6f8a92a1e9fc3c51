"""Tags that nobody carries: counted, offered, and given to somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import PLACES
from backend.database.tables import AssignmentRow, GatewayRow, UnknownTagRow
from backend.errors import ContradictionError, UnknownError
from backend.people.directory import person_name, require_person
from backend.places.view import AssignedTag, UnknownTag
from contract.assignment import AssignmentBlock
from contract.instants import Clock
from contract.report import SPEAKER, TagCount, TagRefused
from contract.site import Site
from contract.suggestion import did_you_mean

MOST_AT_ONCE = 200
_tag = re.compile(r"[0-9a-z]")


@dataclass(frozen=True)
class Tags:
    """The site file owns badges; what is said here holds beside it, from the gateway's next report.

    An unknown tag is never an alarm by itself (a zone may say that it is: `unknown_tags`).
    """

    site: Site
    database: Database
    clock: Clock
    _refused: dict[str, Mapping[int, str]] = field(default_factory=dict)
    """By gateway: the numbers of assignments that its site file does not allow, and why."""

    def unknown(self) -> list[UnknownTag]:
        """Return the tags that nobody carries, the most often heard first."""
        with self.database.read() as session:
            carried = {*self.site.wearer_of_tag, *current(session)}
            rows = session.scalars(
                select(UnknownTagRow).order_by(UnknownTagRow.count.desc(), UnknownTagRow.tag)
            ).all()
            found = [self._unknown(row) for row in rows if row.tag not in carried]
        # What is counted all together cannot be given to anybody: it comes last.
        return sorted(found, key=lambda tag: not _tag.match(tag.tag))

    def assigned(self) -> list[AssignedTag]:
        """Return the tags that were given to somebody here, the newest first."""
        with self.database.read() as session:
            rows = sorted(current(session).values(), key=lambda row: -row.id)
            return [self._assigned(session, row) for row in rows]

    def assign(self, tag: str, wearer: str, person: str) -> AssignedTag:
        """Say whose tag it is.

        Raises
        ------
        UnknownError
            When there is no such wearer or person.
        ContradictionError
            When the site file gives the tag to somebody, or the wearer carries no device there, of
            which a detection could be.
        """
        if wearer not in self.site.wearers:
            told = did_you_mean(wearer, self.site.wearers)
            raise UnknownError(f'there is no wearer "{wearer}"{told}')
        owner = self.site.wearer_of_tag.get(tag)
        if owner is not None:
            raise ContradictionError(
                f'the site file gives tag "{tag}" to "{owner}"', hint="change it there"
            )
        if all(device.wearer != wearer for device in self.site.device):
            raise ContradictionError(
                f'"{wearer}" carries no device in the site file yet',
                hint=f"add their first badge there:\n{site_file_lines(tag, wearer)}",
            )
        with self.database.write(PLACES) as session:
            require_person(session, person)
            known = current(session).get(tag)
            if known is not None and known.wearer == wearer:
                return self._assigned(session, known)
            row = self._append(session, tag, wearer, person)
            return self._assigned(session, row)

    def withdraw(self, tag: str, person: str) -> None:
        """Say that it is nobody's any more: lost, broken, handed back.

        Raises
        ------
        UnknownError
            When it was not assigned here.
        """
        with self.database.write(PLACES) as session:
            require_person(session, person)
            if tag not in current(session):
                raise UnknownError(f'tag "{tag}" was not assigned here')
            self._append(session, tag, None, person)

    def count(self, session: Session, counts: Iterable[TagCount], boot: int, at_ns: int) -> None:
        """Add what a gateway has counted. The same report again adds nothing."""
        most: dict[tuple[str, str], int] = {}
        for told in counts:
            key = (told.reader, told.tag)
            most[key] = max(told.count, most.get(key, 0))
        for (reader, tag), count in most.items():
            row = session.get(UnknownTagRow, (reader, tag))
            if row is None:
                row = UnknownTagRow(
                    reader=reader,
                    tag=tag,
                    count=0,
                    boot=boot,
                    boot_count=0,
                    first_ns=at_ns,
                    last_ns=at_ns,
                )
                session.add(row)
            if row.boot != boot:
                row.boot, row.boot_count = boot, 0
            more = count - row.boot_count
            if more > 0:
                row.count, row.boot_count, row.last_ns = row.count + more, count, at_ns

    def assignments_after(
        self, session: Session, now_boot: int, boot: int, seq: int
    ) -> tuple[AssignmentBlock, ...]:
        """Return what was said here and a gateway does not hold, oldest first.

        A gateway that holds nothing of this database gets the newest of each tag, not history.
        """
        rows = select(AssignmentRow).order_by(AssignmentRow.id)
        if boot == now_boot and seq > 0:
            rows = rows.where(AssignmentRow.id > seq).limit(MOST_AT_ONCE)
        else:
            newest = select(func.max(AssignmentRow.id)).group_by(AssignmentRow.tag)
            rows = rows.where(AssignmentRow.id.in_(newest))
        return tuple(
            AssignmentBlock(
                device=SPEAKER,
                boot=now_boot,
                seq=row.id,
                t0_ns=row.at_ns,
                tag=row.tag,
                wearer=row.wearer,
                by=row.who,
            )
            for row in session.scalars(rows)
        )

    def note(self, gateway: str, refused: Iterable[TagRefused]) -> None:
        """Note which assignments a gateway does not take."""
        self._refused[gateway] = {each.seq: each.reason for each in refused}

    def _append(self, session: Session, tag: str, wearer: str | None, person: str) -> AssignmentRow:
        newest = select(func.max(AssignmentRow.at_ns)).filter_by(tag=tag)
        # The clock may have been set back; what is said last holds all the same.
        at_ns = max(self.clock(), (session.scalar(newest) or 0) + 1)
        row = AssignmentRow(tag=tag, wearer=wearer, at_ns=at_ns, who=person)
        session.add(row)
        session.flush()
        return row

    def _unknown(self, row: UnknownTagRow) -> UnknownTag:
        reader = self.site.devices.get(row.reader)
        covered = [*reader.points.values(), reader.zone] if reader else []
        zones = {
            each: self.site.zones[each] for each in covered if each and each in self.site.zones
        }
        return UnknownTag(
            tag=row.tag,
            reader=row.reader,
            zones=tuple(zone.title or zone.id for zone in zones.values()),
            count=row.count,
            first_ns=row.first_ns,
            last_ns=row.last_ns,
        )

    def _assigned(self, session: Session, row: AssignmentRow) -> AssignedTag:
        wearer = self.site.wearers.get(row.wearer or "")
        held = session.get(GatewayRow, self.site.gateway.id)
        refused = self._refused.get(self.site.gateway.id, {}).get(row.id)
        return AssignedTag(
            tag=row.tag,
            wearer=row.wearer or "",
            wearer_name=wearer.name if wearer else row.wearer or "",
            by=row.who,
            by_name=person_name(session, row.who),
            at_ns=row.at_ns,
            in_force=refused is None and held is not None and held.tags_seq >= row.id,
            refused=refused,
            site_file=site_file_lines(row.tag, row.wearer or ""),
        )


def current(session: Session) -> dict[str, AssignmentRow]:
    """Return what holds, by tag."""
    newest = select(func.max(AssignmentRow.id)).group_by(AssignmentRow.tag)
    rows = session.scalars(select(AssignmentRow).where(AssignmentRow.id.in_(newest)))
    return {row.tag: row for row in rows if row.wearer is not None}


def site_file_lines(tag: str, wearer: str) -> str:
    """Return the lines that say in a site file whose tag it is.

    >>> print(site_file_lines("aa:bb:01", "n-falk"))
    [[device]]
    id = "badge-aa-bb-01"
    kind = "badge"
    wearer = "n-falk"
    tag = "aa:bb:01"
    """
    name = re.sub(r"[^a-z0-9]+", "-", tag).strip("-")[-50:].strip("-")
    return f'[[device]]\nid = "badge-{name}"\nkind = "badge"\nwearer = "{wearer}"\ntag = "{tag}"'
