"""What was so of a place is over: whoever is called reads that, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when it was over. Of what is open now nobody has written that down."""
    instant = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("incident", sa.Column("cleared_ns", instant, nullable=True))
