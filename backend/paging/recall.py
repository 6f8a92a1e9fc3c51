"""Takes pages back. The outbox asks no incident: what is due is wanted until it is recalled."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.database.tables import PageRow
from backend.paging.page_life import PageAct, PageStatus, page_after, sources


def recall(
    session: Session,
    incident_id: int,
    *,
    rounds_before: int | None = None,
    person: str | None = None,
    channel: str | None = None,
) -> int:
    """Take back every page of an incident that has not gone out, and say how many waited.

    One that is being handed off at this moment is marked, since a call that has begun cannot be
    stopped: it is sent if the channel takes it, and withdrawn if not. With `rounds_before`, pages
    of that climb and of later ones stay; with a person or a channel, all others.
    """
    mine = PageRow.incident_id == incident_id
    if rounds_before is not None:
        mine &= PageRow.round < rounds_before
    if person is not None:
        mine &= PageRow.person == person
    if channel is not None:
        mine &= PageRow.channel == channel
    # In this order: what is claimed between the two statements is found by the second.
    withdrawn = session.execute(
        update(PageRow)
        .where(mine, PageRow.status.in_(sources(PageAct.WITHDRAW)))
        .values(status=page_after(PageStatus.DUE, PageAct.WITHDRAW))
        .returning(PageRow.id)
    ).all()
    session.execute(
        update(PageRow).where(mine, PageRow.status == PageStatus.SENDING).values(recalled=True)
    )
    return len(withdrawn)
