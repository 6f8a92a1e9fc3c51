"""Whom the newest rung of an incident's ladder still reaches, by the pages that it made."""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, PageRow
from backend.paging.page import Purpose
from backend.paging.page_life import UNSETTLED, PageStatus


def is_hopeless(session: Session, incident: IncidentRow, page: PageRow) -> bool:
    """Whether a page is of the newest rung, and no page of that rung reaches anybody.

    One that a channel has refused is tried on, and is not counted on.
    """
    newest = session.execute(
        select(PageRow.round, PageRow.step)
        .filter_by(incident_id=incident.id, purpose=Purpose.CALL)
        .order_by(PageRow.round.desc(), PageRow.step.desc())
    ).first()
    if newest is None or tuple(newest) != (page.round, page.step):
        return False
    reaches = select(PageRow.id).where(
        PageRow.incident_id == incident.id,
        PageRow.purpose == Purpose.CALL,
        PageRow.round == page.round,
        PageRow.step == page.step,
        or_(
            PageRow.status == PageStatus.SENT,
            and_(PageRow.status.in_(UNSETTLED), PageRow.refused_ns.is_(None)),
        ),
    )
    return session.scalars(reaches.limit(1)).first() is None


def may_be_answered(session: Session, incident: IncidentRow) -> bool:
    """Whether somebody who was called on the newest rung may still say that they come."""
    newest = session.execute(
        select(PageRow.round, PageRow.step)
        .filter_by(incident_id=incident.id)
        .order_by(PageRow.round.desc(), PageRow.step.desc())
    ).first()
    if newest is None:
        return False
    called = select(PageRow.person).filter_by(
        incident_id=incident.id, round=newest.round, step=newest.step
    )
    return bool(set(session.scalars(called)) - set(incident.declined))
