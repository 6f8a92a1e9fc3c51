"""Detections know in which epoch of the clock their instants are written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the epoch. What is there already was never counted by it."""
    op.add_column("detection", sa.Column("epoch", sa.Integer(), nullable=True))
