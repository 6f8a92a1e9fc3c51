"""Browsers that were let in to the console by a printed link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "console_session",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("cookie", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("begun_ns", INT64, nullable=False),
        sa.Column("expires_ns", INT64, nullable=False),
        sa.Column("ended_ns", INT64, nullable=True),
        sa.Column("person", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_session")),
        sa.UniqueConstraint("cookie", name=op.f("uq_console_session_cookie")),
    )
    op.create_index(op.f("ix_console_session_link"), "console_session", ["link"], unique=False)
