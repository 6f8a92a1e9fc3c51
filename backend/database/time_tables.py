"""What is on record about the database's clock: each step of it, and who has last seen it when."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import Base


class ClockStepRow(Base):
    """The clock was set, and every deadline moved with it. Never changed, never deleted.

    The newest number is the epoch in which every deadline of this database is written.
    """

    __tablename__ = "clock_step"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counted from 1 without a gap. That two cannot have one number is the compare-and-set."""
    at_ns: Mapped[int]
    """What the clock said afterwards."""
    by_ns: Mapped[int]
    """How far it was set, back when negative."""
    why: Mapped[str] = mapped_column(String(20))
    """As `backend.database.time_base.Why` has it."""
    seen_by: Mapped[str] = mapped_column(String(60))
    """The start of the host whose backend has seen it."""


class TimeBaseRow(Base):
    """What the database's clock said at an instant of a host's own, which nobody can set."""

    __tablename__ = "time_base"

    boot_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    epoch: Mapped[int]
    """In which `base_ns` is written."""
    boottime_ns: Mapped[int]
    base_ns: Mapped[int]
