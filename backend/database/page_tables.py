"""Pages: an outbox that is a query over state, and a line for each attempt."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import DEADLINE, Base, Name


class PageRow(Base):
    """One call on one person's attention, over one channel, for one climb of one rung.

    due → sending (under a lease) → sent, failed or withdrawn. A lease that runs out makes the page
    due again, marked as a repeat: a duplicate page is better than a missed one.
    """

    __tablename__ = "page"
    __table_args__ = (
        CheckConstraint(
            "status IN ('due', 'sending', 'sent', 'failed', 'withdrawn')", name="status"
        ),
        Index(
            "uq_page_call",
            *("incident_id", "round", "step", "person", "channel"),
            unique=True,
        ),
        Index("ix_page_due", "status", "due_ns"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    round: Mapped[int]
    step: Mapped[int]
    person: Mapped[str] = mapped_column(Name)
    channel: Mapped[str] = mapped_column(Name)
    severity: Mapped[str] = mapped_column(String(4))
    status: Mapped[str] = mapped_column(String(12), default="due")
    created_ns: Mapped[int] = mapped_column(info={DEADLINE: True})
    due_ns: Mapped[int] = mapped_column(info={DEADLINE: True})
    """When it may be tried next."""
    lease_until_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    attempts: Mapped[int] = mapped_column(default=0)
    repeat: Mapped[bool] = mapped_column(default=False)
    token: Mapped[str] = mapped_column(String(32))
    """What its acknowledgement link names; no other database has it."""
    text: Mapped[str] = mapped_column(Text, default="")
    sent_ns: Mapped[int | None]
    reference: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)


class PageAttemptRow(Base):
    """One try to hand a page off. Without an end it is under way, or its process died."""

    __tablename__ = "page_attempt"

    page_id: Mapped[int] = mapped_column(ForeignKey("page.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_ns: Mapped[int]
    lease_until_ns: Mapped[int] = mapped_column(info={DEADLINE: True})
    ended_ns: Mapped[int | None]
    result: Mapped[str | None] = mapped_column(String(12))
    reference: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
