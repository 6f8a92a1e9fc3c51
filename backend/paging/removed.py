"""Pages of a channel that is no longer configured: nobody will ever send them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import of_incident
from backend.database.tables import IncidentRow, PageRow
from backend.paging.ladder import Ladders
from backend.paging.page_life import PageAct, PageStatus, page_after
from backend.people.directory import person_name
from backend.timeline.timeline import note
from contract.instants import ns

UNTAKEN_S = 10
"""Another backend on this database may still have the channel, and takes its pages at once."""


@dataclass(frozen=True)
class Removed:
    """Withdraws what this backend cannot send and nobody else does, and hurries the ladder."""

    database: Database
    ladders: Ladders
    channels: Collection[str]

    def withdraw(self, now_ns: int) -> bool:
        """Withdraw such pages; return whether a ladder's next rung has become due by it."""
        since_ns = now_ns - ns(UNTAKEN_S)
        lost = and_(
            PageRow.channel.not_in(list(self.channels)),
            or_(
                and_(PageRow.status == PageStatus.DUE, PageRow.try_ns <= since_ns),
                and_(PageRow.status == PageStatus.SENDING, PageRow.lease_until_ns <= since_ns),
            ),
        )
        with self.database.engine.connect() as connection:
            found = connection.execute(
                select(PageRow.id, PageRow.incident_id).where(lost).order_by(PageRow.id)
            ).all()
        hurried = False
        for page_id, incident_id in found:
            with self.database.write(of_incident(incident_id)) as session:
                # Asked again inside: another backend may have been here first.
                page = session.scalars(select(PageRow).where(PageRow.id == page_id, lost)).first()
                if page is not None:
                    hurried |= self._one(session, page, now_ns)
        return hurried

    def _one(self, session: Session, page: PageRow, now_ns: int) -> bool:
        held = page.status == PageStatus.SENDING
        page.status = page_after(page.status, PageAct.DROP if held else PageAct.WITHDRAW)
        page.error = f"the channel {page.channel} is no longer configured"
        incident = session.get_one(IncidentRow, page.incident_id)
        note(
            session,
            incident,
            now_ns,
            "channel-removed",
            f"{page.channel} is no longer configured: its page to "
            f"{person_name(session, page.person)} is withdrawn",
            details={"page": page.id, "channel": page.channel},
        )
        return self.ladders.hurry(session, incident, page, now_ns)
