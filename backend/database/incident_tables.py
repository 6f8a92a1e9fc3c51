"""Detections, the incidents they opened, and each incident's append-only record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import DEADLINE, Base, Name
from contract.instants import ns
from contract.response import LONGEST_S

UNRESOLVED = text("status <> 'resolved'")

STATUS = "status IN ('open', 'acknowledged', 'on_scene', 'resolved')"
ESCALATION = (
    "escalation IN ('held', 'climbing', 'last_resort', 'leased', 'asked', 'digest', 'over')"
)
CHECK_CALL = "check_call IN ('none', 'asking', 'answered', 'unanswered')"
NEXT = (
    "status = 'resolved' OR (next_ns IS NOT NULL AND next_set_ns IS NOT NULL AND"
    " next_ns - next_set_ns <= CASE severity"
    + "".join(f" WHEN '{tier}' THEN {ns(longest)}" for tier, longest in LONGEST_S.items())
    + " ELSE 0 END)"
)
"""No unresolved incident without a next instant, and none further away than its tier allows."""


class IncidentRow(Base):
    """What people work on. Four state machines share its row, each with its columns together.

    They are: life (`backend.incidents.lifecycle`), tier (`backend.incidents.tier`), escalation
    (`backend.paging.escalation`) and check-call (`backend.incidents.check_call`).

    No unresolved incident is without a next instant, and none is further away than its tier
    allows: the schema refuses the row. No mistake in the code
    that writes it can make anybody be forgotten.
    """

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint(STATUS, name="status"),
        CheckConstraint(ESCALATION, name="escalation"),
        CheckConstraint(CHECK_CALL, name="check_call"),
        CheckConstraint(NEXT, name="deadline"),
        # One claim has one incident, however often and by whatever road it arrives.
        Index(
            "uq_incident_unresolved",
            *("site", "kind", "subject", "onset_ns"),
            unique=True,
            sqlite_where=UNRESOLVED,
            postgresql_where=UNRESOLVED,
        ),
        Index("ix_incident_next", "next_ns", sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED),
        Index(
            "ix_incident_asking",
            "asking_until_ns",
            sqlite_where=text("asking_until_ns IS NOT NULL"),
            postgresql_where=text("asking_until_ns IS NOT NULL"),
        ),
        Index(
            "ix_incident_subject",
            *("subject", "kind"),
            sqlite_where=UNRESOLVED,
            postgresql_where=UNRESOLVED,
        ),
    )

    # What is claimed.
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
    cleared_ns: Mapped[int | None]
    """When what is claimed was over, as far as is measured; None while it goes on. It ends nothing:
    people do."""
    opened_ns: Mapped[int]
    confidence: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    numbers: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    exercise: Mapped[bool]
    linked_to: Mapped[int | None]
    """The incident that this one may have to do with, and which it did not join."""
    entries: Mapped[int] = mapped_column(default=0)
    """How many timeline entries there are: the next one's number, without a gap."""

    # Tier.
    severity: Mapped[str] = mapped_column(String(4))
    assessment: Mapped[dict[str, Any]]
    tier_since_ns: Mapped[int]
    overruled: Mapped[list[str]] = mapped_column(default=list)
    """Rules that held when a named human lowered the tier. They do not raise it again; a rule that
    comes to hold later does."""
    overruled_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    """When that was: a stillness that began afterwards is another one."""

    # Life.
    status: Mapped[str] = mapped_column(String(20), default="open")
    acknowledged_by: Mapped[str | None] = mapped_column(Name)
    """Who has it, or had it when its tier was raised."""
    acknowledged_ns: Mapped[int | None]
    on_scene_ns: Mapped[int | None]
    lease: Mapped[int] = mapped_column(default=0)
    """Counts answers that were wanted: a copy of an answer to the same number is a duplicate."""
    declined: Mapped[list[str]] = mapped_column(default=list)
    """Who has said that they cannot come."""
    resolved_by: Mapped[str | None] = mapped_column(Name)
    resolved_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})

    # Escalation.
    escalation: Mapped[str] = mapped_column(String(12), default="digest")
    ladder: Mapped[dict[str, Any]]
    """The tier's policy as it was when the tier was reached: an edit of the site file does not
    derail a running escalation."""
    step: Mapped[int] = mapped_column(default=0)
    """The rung that `next_ns` is about."""
    round: Mapped[int] = mapped_column(default=0)
    """Counts every climb, question and last resort of this incident's life, and never goes back:
    a page's identity is never used twice."""
    climbs: Mapped[int] = mapped_column(default=0)
    """How often this tier's ladder was climbed to its end; then, how often everybody was called."""
    next_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    """When something happens by itself. Never null while it is not resolved."""
    next_set_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    """When `next_ns` was set: how far it may lie ahead hangs on the tier."""

    # Check-call.
    check_call: Mapped[str] = mapped_column(String(12), default="none")
    asked_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    """When the wearer was first asked "are you all right?"."""
    asking_until_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    answered_ns: Mapped[int | None]
    word_ns: Mapped[int | None] = mapped_column(info={DEADLINE: True})
    """When the wearer said that all is well, by the gateway's sense of time."""


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
    happened_ns: Mapped[int | None]
    """Its onset, but never after the gateway had heard of it: a fast clock moves nothing."""
    settled_ns: Mapped[int | None]
    """When this was settled, in the same sense."""
    epoch: Mapped[int | None] = mapped_column(Integer)
    """How often the database's clock had been set by then: its instants are never moved."""
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
    """Somebody's answer to a call. `key` makes a copy of one tap the same answer to one `lease`."""

    __tablename__ = "acknowledgement"
    __table_args__ = (
        Index(
            "uq_acknowledgement_key",
            *("incident_id", "lease", "person", "answer", "key"),
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    person: Mapped[str] = mapped_column(Name)
    at_ns: Mapped[int]
    via: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(String(20), server_default="acknowledge")
    lease: Mapped[int] = mapped_column(server_default="0")


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
