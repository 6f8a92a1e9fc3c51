"""Pages: an outbox that is a query over state, and a line for each attempt."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import DEADLINE, Base, Name

STATUS = "status IN ('due', 'sending', 'sent', 'withdrawn')"


class PageRow(Base):
    """One call on one person's attention, over one channel, for one climb of one rung.

    Its life is the table in `backend/paging/page_life.py`. A page that is due is wanted: whoever
    ends the need recalls it. A lease that runs out makes it due again, marked as a repeat: a
    duplicate page is better than a missed one.
    """

    __tablename__ = "page"
    __table_args__ = (
        CheckConstraint(STATUS, name="status"),
        CheckConstraint("status <> 'sending' OR lease_until_ns IS NOT NULL", name="leased"),
        CheckConstraint("status <> 'sent' OR sent_ns IS NOT NULL", name="sent_when"),
        CheckConstraint("NOT (recalled AND status = 'due')", name="recalled_is_not_due"),
        Index(
            "uq_page_call",
            *("incident_id", "round", "step", "person", "channel"),
            unique=True,
        ),
        Index("ix_page_due", "status", "try_ns"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    round: Mapped[int]
    step: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(12), server_default="call")
    """What is wanted of whom it reaches: `backend.paging.page.Purpose`."""
    person: Mapped[str] = mapped_column(Name)
    channel: Mapped[str] = mapped_column(Name)
    severity: Mapped[str] = mapped_column(String(4))
    status: Mapped[str] = mapped_column(String(12), default="due")
    created_ns: Mapped[int]
    due_ns: Mapped[int]
    """When it was planned to go out. Never changes: latency is counted from here."""
    try_ns: Mapped[int] = mapped_column(
        default=lambda context: context.get_current_parameters()["due_ns"], info={DEADLINE: True}
    )
    """When it may be tried next."""
    lease_until_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    attempts: Mapped[int] = mapped_column(default=0)
    repeat: Mapped[bool] = mapped_column(default=False)
    """An earlier hand-off may have arrived, and nobody can tell."""
    refused_ns: Mapped[int | None]
    """When a channel first gave a hard answer. It is tried on, slowly; the ladder does not wait."""
    recalled: Mapped[bool] = mapped_column(default=False)
    """Nobody wants it any more, and somebody had it in hand when that was said."""
    token: Mapped[str] = mapped_column(String(32))
    """What its acknowledgement link and its idempotency key name; no other database has it."""
    text: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What a channel is told, written once: every try of a page says the same."""
    sent_ns: Mapped[int | None]
    reference: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)


class PageAttemptRow(Base):
    """One try to hand a page off. Without an end it is under way, or its process died."""

    __tablename__ = "page_attempt"
    __table_args__ = (Index("ix_page_attempt_channel", "channel", "ended_ns"),)

    page_id: Mapped[int] = mapped_column(ForeignKey("page.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(Name)
    started_ns: Mapped[int]
    lease_until_ns: Mapped[int] = mapped_column(info={DEADLINE: True})
    ended_ns: Mapped[int | None]
    result: Mapped[str | None] = mapped_column(String(12))
    reference: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
