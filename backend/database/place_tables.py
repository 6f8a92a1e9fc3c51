"""What holds at the site's places, whose tags are heard there, and for a purpose who is inside."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import Base, Name


class StandingRow(Base):
    """A zone's state, or an evacuation's beginning or end, as somebody set it.

    Never changed, never deleted: triggers see to it. The newest `t0_ns` of a `key` holds.
    """

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_key", "key", "t0_ns"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    """Also the `seq` of the block that the gateway is given."""
    key: Mapped[str] = mapped_column(Name)
    """`zone:ID`, or `evacuation`."""
    t0_ns: Mapped[int]
    at_ns: Mapped[int]
    """When this backend learnt of it."""
    source: Mapped[str] = mapped_column(Name)
    """`backend`, or the device that said it over MQTT."""
    who: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]]


class UnknownTagRow(Base):
    """How often a reader has heard a tag that nobody carries."""

    __tablename__ = "unknown_tag"

    reader: Mapped[str] = mapped_column(Name, primary_key=True)
    tag: Mapped[str] = mapped_column(String(128), primary_key=True)
    count: Mapped[int]
    boot: Mapped[int]
    """The gateway's when it counted last; its counts start afresh with it."""
    boot_count: Mapped[int]
    first_ns: Mapped[int]
    last_ns: Mapped[int]


class AssignmentRow(Base):
    """Somebody said whose tag it is; without a wearer, that it is nobody's. Append-only."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    tag: Mapped[str] = mapped_column(String(128), index=True)
    wearer: Mapped[str | None] = mapped_column(Name)
    at_ns: Mapped[int]
    who: Mapped[str] = mapped_column(Name)


class GatewayRow(Base):
    """The latest report of a gateway."""

    __tablename__ = "gateway"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    boot: Mapped[int]
    at_ns: Mapped[int]
    received_ns: Mapped[int]
    orders_boot: Mapped[int]
    orders_seq: Mapped[int]
    tags_seq: Mapped[int]


class WhereaboutsRow(Base):
    """Where somebody was heard last. Only of whom the gateway has just reported; no history."""

    __tablename__ = "whereabouts"

    person: Mapped[str] = mapped_column(Name, primary_key=True)
    zone: Mapped[str | None] = mapped_column(Name)
    inside: Mapped[bool]
    heard_ns: Mapped[int]
