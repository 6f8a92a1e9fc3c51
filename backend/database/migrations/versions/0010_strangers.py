"""Whoever is not believed is no failure of the paging path: an open one ends by its own proof."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Call what an older release left open by the name under which it is looked for now."""
    op.execute(
        "UPDATE incident SET kind = 'stranger' "
        "WHERE kind = 'canary' AND subject LIKE 'system:strangers:%' AND status <> 'resolved'"
    )
