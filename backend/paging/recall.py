"""Takes pages back. The outbox asks no incident: what is due is wanted until it is recalled."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import tuple_, update
from sqlalchemy.orm import Session

from backend.database.tables import PageRow
from backend.paging.page_life import PAGE_LIFE, PageAct, PageStatus, page_after

_AS_IT_IS = {"synchronize_session": False}
"""Who recalls holds no page of it in memory: comparing each would cost more than the statement."""


def recall(
    session: Session,
    incident_id: int,
    *,
    person: str | None = None,
    calls: Collection[tuple[str, str]] | None = None,
) -> int:
    """Take back every page of an incident that has not gone out, and say how many waited.

    One that is being handed off at this moment is marked, since a call that has begun cannot be
    stopped: it is sent if the channel takes it, and withdrawn if not. With a person, or with calls
    (a person and a channel each), all others stay.
    """
    mine = PageRow.incident_id == incident_id
    if person is not None:
        mine &= PageRow.person == person
    if calls is not None:
        mine &= tuple_(PageRow.person, PageRow.channel).in_(list(calls))
    # In this order: what is claimed between the two statements is found by the second.
    withdrawn = session.execute(
        update(PageRow)
        .where(mine, PageRow.status.in_(PAGE_LIFE.sources(PageAct.WITHDRAW)))
        .values(status=page_after(PageStatus.DUE, PageAct.WITHDRAW))
        .returning(PageRow.id),
        execution_options=_AS_IT_IS,
    ).all()
    session.execute(
        update(PageRow).where(mine, PageRow.status == PageStatus.SENDING).values(recalled=True),
        execution_options=_AS_IT_IS,
    )
    return len(withdrawn)
