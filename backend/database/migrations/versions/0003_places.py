"""States of zones, evacuations, unknown tags and whose they are, and who is inside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.database.migrations.append_only import forbid_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(length=120)


def upgrade() -> None:
    """Create the tables of what people set, of unknown tags and of who is inside."""
    op.create_table(
        "standing",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("t0_ns", INT64, nullable=False),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("who", NAME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
    )
    op.create_index("ix_standing_key", "standing", ["key", "t0_ns"], unique=False)
    op.create_table(
        "unknown_tag",
        sa.Column("reader", NAME, nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("count", INT64, nullable=False),
        sa.Column("boot", INT64, nullable=False),
        sa.Column("boot_count", INT64, nullable=False),
        sa.Column("first_ns", INT64, nullable=False),
        sa.Column("last_ns", INT64, nullable=False),
        sa.PrimaryKeyConstraint("reader", "tag", name=op.f("pk_unknown_tag")),
    )
    op.create_table(
        "assignment",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("wearer", NAME, nullable=True),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("who", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_tag"), "assignment", ["tag"], unique=False)
    op.create_table(
        "gateway",
        sa.Column("id", NAME, nullable=False),
        *(
            sa.Column(name, INT64, nullable=False)
            for name in ("boot", "at_ns", "received_ns", "orders_boot", "orders_seq", "tags_seq")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway")),
    )
    op.create_table(
        "whereabouts",
        sa.Column("person", NAME, nullable=False),
        sa.Column("zone", NAME, nullable=True),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("heard_ns", INT64, nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_whereabouts")),
    )
    for table in ("standing", "assignment"):
        forbid_changes(table)
