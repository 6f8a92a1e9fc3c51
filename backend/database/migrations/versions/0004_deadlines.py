"""A next instant for whatever is open, leases, and answers that are numbered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNRESOLVED = sa.text("status <> 'resolved'")
ASKING = sa.text("asking_until_ns IS NOT NULL")
DEADLINE = (
    "status = 'resolved' OR (next_ns IS NOT NULL AND next_set_ns IS NOT NULL AND"
    " next_ns - next_set_ns <= CASE severity WHEN 'SEV1' THEN 3600000000000"
    " WHEN 'SEV2' THEN 7200000000000 WHEN 'SEV3' THEN 86400000000000"
    " WHEN 'SEV4' THEN 86400000000000 ELSE 0 END)"
)
CHECKS = {
    "status": "status IN ('open', 'acknowledged', 'on_scene', 'resolved')",
    "escalation": (
        "escalation IN ('held', 'climbing', 'last_resort', 'leased', 'asked', 'digest', 'over')"
    ),
    "check_call": "check_call IN ('none', 'asking', 'answered', 'unanswered')",
    "deadline": DEADLINE,
}

TAKE_OVER = """
UPDATE incident SET
  next_set_ns = coalesce(next_ns, 0),
  next_ns = coalesce(next_ns, 0),
  escalation = CASE
    WHEN status = 'resolved' THEN 'over'
    WHEN severity = 'SEV4' AND next_ns IS NULL THEN 'digest'
    WHEN status = 'acknowledged' THEN 'leased'
    WHEN held THEN 'held'
    ELSE 'climbing' END,
  check_call = CASE
    WHEN answered_ns IS NOT NULL THEN 'answered'
    WHEN asking_until_ns IS NOT NULL THEN 'asking'
    WHEN asked_ns IS NOT NULL THEN 'unanswered'
    ELSE 'none' END
"""
"""What waited for nothing is due at once; the backend spreads that when it starts, and if it does
not come to it, everybody is paged rather than nobody."""


def upgrade() -> None:
    """Rebuild the table of incidents; add to the answers and the pages."""
    for index in ("ix_incident_due", "uq_incident_unresolved"):
        op.drop_index(index, "incident")
    with op.batch_alter_table("incident") as table:
        table.alter_column(
            "next_step_ns", new_column_name="next_ns", existing_type=INT64, existing_nullable=True
        )
        for name in ("next_set_ns", "linked_to", "on_scene_ns", "word_ns", "overruled_ns"):
            table.add_column(sa.Column(name, INT64, nullable=True))
        table.add_column(sa.Column("lease", INT64, nullable=False, server_default="0"))
        table.add_column(sa.Column("declined", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(
            sa.Column("escalation", sa.String(12), nullable=False, server_default="climbing")
        )
        table.add_column(
            sa.Column("check_call", sa.String(12), nullable=False, server_default="none")
        )
        table.drop_constraint(op.f("ck_incident_status"), type_="check")
    op.execute(TAKE_OVER)
    with op.batch_alter_table("incident") as table:
        table.drop_column("held")
        for name in ("lease", "declined", "escalation", "check_call"):
            table.alter_column(name, server_default=None)
        for name, check in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_incident_{name}"), check)
    op.create_index(
        "uq_incident_unresolved",
        "incident",
        ["site", "kind", "subject", "onset_ns"],
        unique=True,
        sqlite_where=UNRESOLVED,
        postgresql_where=UNRESOLVED,
    )
    for index, columns, where in (
        ("ix_incident_next", ["next_ns"], UNRESOLVED),
        ("ix_incident_asking", ["asking_until_ns"], ASKING),
        ("ix_incident_subject", ["subject", "kind"], UNRESOLVED),
    ):
        op.create_index(index, "incident", columns, sqlite_where=where, postgresql_where=where)
    op.add_column(
        "acknowledgement",
        sa.Column("answer", sa.String(20), nullable=False, server_default="acknowledge"),
    )
    op.add_column("acknowledgement", sa.Column("lease", INT64, nullable=False, server_default="0"))
    op.drop_index("uq_acknowledgement_key", "acknowledgement")
    op.create_index(
        "uq_acknowledgement_key",
        "acknowledgement",
        ["incident_id", "lease", "person", "answer", "key"],
        unique=True,
    )
    for name in ("happened_ns", "settled_ns"):
        op.add_column("detection", sa.Column(name, INT64, nullable=True))
    op.add_column(
        "page", sa.Column("purpose", sa.String(12), nullable=False, server_default="call")
    )
