"""What incidents turned out to be, and who has looked at what about people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import Base, Name


class VerdictRow(Base):
    """What somebody said an incident was. Never changed, never deleted: triggers see to it."""

    __tablename__ = "verdict"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    label: Mapped[str] = mapped_column(String(20))
    """As `backend.incidents.outcome` has it."""
    at_ns: Mapped[int]
    who: Mapped[str] = mapped_column(Name)
    """A responder's id, or the wearer's who cancelled."""
    reason: Mapped[str] = mapped_column(Text)


class AccessRow(Base):
    """Somebody looked at what is known of people, or took it away. Never changed, never deleted."""

    __tablename__ = "access"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at_ns: Mapped[int]
    who: Mapped[str] = mapped_column(Name)
    what: Mapped[str] = mapped_column(String(40))
    details: Mapped[dict[str, Any]]
