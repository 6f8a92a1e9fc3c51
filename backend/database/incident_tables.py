"""Detections, the incidents they opened, and each incident's append-only record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import DEADLINE, Base, Name

UNRESOLVED = text("status <> 'resolved'")


class IncidentRow(Base):
    """What people work on, with the state of its escalation.

    `ladder` is a snapshot of the tier's escalation policy, taken when the tier was reached: an
    edit of the site file does not derail a running escalation. `round` counts every climb of a
    ladder in this incident's life and never goes back, so a page's identity is never used twice.
    """

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'acknowledged', 'resolved')", name="status"),
        # One claim has one incident, however often and by whatever road it arrives.
        Index(
            "uq_incident_unresolved",
            *("site", "kind", "subject", "onset_ns"),
            unique=True,
            sqlite_where=UNRESOLVED,
            postgresql_where=UNRESOLVED,
        ),
        Index("ix_incident_due", "status", "next_step_ns"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    site: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Name)
    subject: Mapped[str] = mapped_column(Name)
    person: Mapped[str | None] = mapped_column(Name)
    device: Mapped[str] = mapped_column(Name)
    zone: Mapped[str | None] = mapped_column(Name)
    onset_ns: Mapped[int]
    decided_ns: Mapped[int]
    """When the first detection was settled: latency is counted from here."""
    newest_ns: Mapped[int]
    """When the newest detection was settled: an older one does not overwrite what it said."""
    opened_ns: Mapped[int]
    confidence: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    numbers: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    assessment: Mapped[dict[str, Any]]
    exercise: Mapped[bool]

    status: Mapped[str] = mapped_column(String(20), default="open")
    severity: Mapped[str] = mapped_column(String(4))
    overruled: Mapped[list[str]] = mapped_column(default=list)
    """Rules whose tier a named human lowered. They do not raise it again; others may."""
    acknowledged_by: Mapped[str | None] = mapped_column(Name)
    acknowledged_ns: Mapped[int | None]
    resolved_by: Mapped[str | None] = mapped_column(Name)
    resolved_ns: Mapped[int | None]

    ladder: Mapped[dict[str, Any]]
    step: Mapped[int] = mapped_column(default=0)
    """The rung that `next_step_ns` is about."""
    round: Mapped[int] = mapped_column(default=0)
    climbs: Mapped[int] = mapped_column(default=0)
    """How often this tier's ladder was climbed to its end."""
    tier_since_ns: Mapped[int]
    next_step_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    held: Mapped[bool] = mapped_column(default=False)
    """A possible event: nobody is paged yet, the wearer may still answer."""

    asked_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    """When the wearer was first asked "are you all right?"."""
    asking_until_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    answered_ns: Mapped[int | None]
    entries: Mapped[int] = mapped_column(default=0)
    """How many timeline entries there are: the next one's number, without a gap."""


class DetectionRow(Base):
    """A detection as it arrived, once a phase and instant. Never changed, never deleted."""

    __tablename__ = "detection"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    phase: Mapped[str] = mapped_column(String(10), primary_key=True)
    decided_ns: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str] = mapped_column(Name)
    subject: Mapped[str] = mapped_column(Name, index=True)
    onset_ns: Mapped[int]
    received_ns: Mapped[int]
    raw: Mapped[dict[str, Any]]


class TimelineRow(Base):
    """One line of an incident's record. Never changed, never deleted: triggers see to it."""

    __tablename__ = "timeline"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ns: Mapped[int]
    what: Mapped[str] = mapped_column(String(40))
    who: Mapped[str] = mapped_column(Name)
    text: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AcknowledgementRow(Base):
    """Somebody took an incident. `key` makes a repeated tap the same acknowledgement."""

    __tablename__ = "acknowledgement"
    __table_args__ = (Index("uq_acknowledgement_key", "incident_id", "key", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    person: Mapped[str] = mapped_column(Name)
    at_ns: Mapped[int]
    via: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))


class EvidenceRow(Base):
    """The sensor window around an event. A longer version replaces a shorter one."""

    __tablename__ = "evidence"

    detection_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    device: Mapped[str] = mapped_column(Name, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    t0_ns: Mapped[int]
    odr_hz: Mapped[float]
    scale_g: Mapped[float]
    range_g: Mapped[float | None]
    worn: Mapped[str | None] = mapped_column(String(20))
    """Where on the body, as the site file had it: the window outlives the device's entry there."""
    accel_i16: Mapped[bytes] = mapped_column(LargeBinary)
    samples: Mapped[int]
    complete: Mapped[bool]
    received_ns: Mapped[int]
