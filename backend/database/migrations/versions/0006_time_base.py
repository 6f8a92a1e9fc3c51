"""The database's clock: its steps on record, and who has last seen it when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.database.migrations.append_only import forbid_changes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables. An older release's deadlines are of epoch 0, in which nothing stepped."""
    op.create_table(
        "clock_step",
        sa.Column("epoch", INT64, autoincrement=False, nullable=False),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("by_ns", INT64, nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("seen_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_clock_step")),
    )
    forbid_changes("clock_step")
    op.create_table(
        "time_base",
        sa.Column("boot_id", sa.String(length=60), nullable=False),
        *(sa.Column(name, INT64, nullable=False) for name in ("epoch", "boottime_ns", "base_ns")),
        sa.PrimaryKeyConstraint("boot_id", name=op.f("pk_time_base")),
    )
