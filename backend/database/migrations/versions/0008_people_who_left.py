"""People leave: nobody calls them any more, and old incidents still name them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when somebody left."""
    left = sa.Column("left_ns", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    op.add_column("person", left)
