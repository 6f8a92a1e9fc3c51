"""The first tables, and the triggers that keep the record append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.database.migrations.append_only import forbid_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("detection", "timeline", "acknowledgement")


def upgrade() -> None:
    """Create the tables of people, incidents, pages and evidence."""
    op.create_table(
        "incident",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("site", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=True),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=120), nullable=True),
        sa.Column("onset_ns", INT64, nullable=False),
        sa.Column("decided_ns", INT64, nullable=False),
        sa.Column("newest_ns", INT64, nullable=False),
        sa.Column("opened_ns", INT64, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("assessment", sa.JSON(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=4), nullable=False),
        sa.Column("overruled", sa.JSON(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=True),
        sa.Column("acknowledged_ns", INT64, nullable=True),
        sa.Column("resolved_by", sa.String(length=120), nullable=True),
        sa.Column("resolved_ns", INT64, nullable=True),
        sa.Column("ladder", sa.JSON(), nullable=False),
        sa.Column("step", INT64, nullable=False),
        sa.Column("round", INT64, nullable=False),
        sa.Column("climbs", INT64, nullable=False),
        sa.Column("tier_since_ns", INT64, nullable=False),
        sa.Column("next_step_ns", INT64, nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("asked_ns", INT64, nullable=True),
        sa.Column("asking_until_ns", INT64, nullable=True),
        sa.Column("answered_ns", INT64, nullable=True),
        sa.Column("entries", INT64, nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'acknowledged', 'resolved')", name=op.f("ck_incident_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_due", "incident", ["status", "next_step_ns"], unique=False)
    op.create_index(
        "uq_incident_unresolved",
        "incident",
        ["site", "kind", "subject", "onset_ns"],
        unique=True,
        sqlite_where=sa.text("status <> 'resolved'"),
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_table(
        "site_version",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("first_used_ns", INT64, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_site_version")),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("incident_id", INT64, nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_acknowledgement_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
    )
    op.create_index(
        "uq_acknowledgement_key", "acknowledgement", ["incident_id", "key"], unique=True
    )
    op.create_table(
        "contact",
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_contact_person")),
        sa.PrimaryKeyConstraint("person", "kind", name=op.f("pk_contact")),
    )
    op.create_table(
        "detection",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("decided_ns", INT64, autoincrement=False, nullable=False),
        sa.Column("incident_id", INT64, nullable=True),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("onset_ns", INT64, nullable=False),
        sa.Column("received_ns", INT64, nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_detection_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", "phase", "decided_ns", name=op.f("pk_detection")),
    )
    op.create_index(op.f("ix_detection_incident_id"), "detection", ["incident_id"], unique=False)
    op.create_index(op.f("ix_detection_subject"), "detection", ["subject"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("detection_id", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("incident_id", INT64, nullable=False),
        sa.Column("t0_ns", INT64, nullable=False),
        sa.Column("odr_hz", sa.Double(), nullable=False),
        sa.Column("scale_g", sa.Double(), nullable=False),
        sa.Column("accel_i16", sa.LargeBinary(), nullable=False),
        sa.Column("samples", INT64, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("received_ns", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_evidence_incident_id")
        ),
        sa.PrimaryKeyConstraint("detection_id", "device", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_incident_id"), "evidence", ["incident_id"], unique=False)
    op.create_table(
        "on_call",
        sa.Column("duty", sa.String(length=120), nullable=False),
        sa.Column("position", INT64, autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_on_call_person")),
        sa.PrimaryKeyConstraint("duty", "position", name=op.f("pk_on_call")),
    )
    op.create_table(
        "page",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("incident_id", INT64, nullable=False),
        sa.Column("round", INT64, nullable=False),
        sa.Column("step", INT64, nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.String(length=4), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("created_ns", INT64, nullable=False),
        sa.Column("due_ns", INT64, nullable=False),
        sa.Column("lease_until_ns", INT64, nullable=True),
        sa.Column("attempts", INT64, nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_ns", INT64, nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('due', 'sending', 'sent', 'failed', 'withdrawn')",
            name=op.f("ck_page_status"),
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_page_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
    )
    op.create_index("ix_page_due", "page", ["status", "due_ns"], unique=False)
    op.create_index(
        "uq_page_call", "page", ["incident_id", "round", "step", "person", "channel"], unique=True
    )
    op.create_table(
        "timeline",
        sa.Column("incident_id", INT64, nullable=False),
        sa.Column("seq", INT64, autoincrement=False, nullable=False),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_timeline_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "seq", name=op.f("pk_timeline")),
    )
    op.create_table(
        "page_attempt",
        sa.Column("page_id", INT64, nullable=False),
        sa.Column("number", INT64, autoincrement=False, nullable=False),
        sa.Column("started_ns", INT64, nullable=False),
        sa.Column("lease_until_ns", INT64, nullable=False),
        sa.Column("ended_ns", INT64, nullable=True),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_page_attempt_page_id")),
        sa.PrimaryKeyConstraint("page_id", "number", name=op.f("pk_page_attempt")),
    )
    for table in APPEND_ONLY:
        forbid_changes(table)
