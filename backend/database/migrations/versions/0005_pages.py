"""No page fails for good: what was planned, tried next, refused, recalled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LAWS = {
    "ck_page_status": "status IN ('due', 'sending', 'sent', 'withdrawn')",
    "ck_page_leased": "status <> 'sending' OR lease_until_ns IS NOT NULL",
    "ck_page_sent_when": "status <> 'sent' OR sent_ns IS NOT NULL",
    "ck_page_recalled_is_not_due": "NOT (recalled AND status = 'due')",
}
ATTEMPT = "page_id, number, started_ns, lease_until_ns, ended_ns, result, reference, error, channel"


def upgrade() -> None:
    """Add the columns, say in the new words what the old ones meant, then lay down the laws."""
    for column in (
        sa.Column("try_ns", INT64, nullable=True),
        sa.Column("refused_ns", INT64, nullable=True),
        sa.Column("recalled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("words", sa.JSON(), nullable=True),
    ):
        op.add_column("page", column)
    op.add_column("page_attempt", sa.Column("channel", sa.String(length=120), nullable=True))
    _settle()
    _lay_down()
    op.create_index("ix_page_due", "page", ["status", "try_ns"])
    op.create_index("ix_page_attempt_channel", "page_attempt", ["channel", "ended_ns"])


def _settle() -> None:
    over = "(SELECT id FROM incident WHERE status <> 'open')"
    for change in (
        # A retry overwrote what was planned. Pages were planned for the instant of their making.
        "UPDATE page SET try_ns = due_ns",
        "UPDATE page SET due_ns = created_ns WHERE due_ns > created_ns",
        # The outbox asked the incident before. Now a page that is due is wanted.
        "UPDATE page SET status = 'withdrawn' "
        f"WHERE status IN ('due', 'failed') AND incident_id IN {over}",
        f"UPDATE page SET recalled = true WHERE status = 'sending' AND incident_id IN {over}",
        # Its ladder has gone on without it; whoever is still waited for is tried on, slowly.
        "UPDATE page SET status = 'due', refused_ns = try_ns WHERE status = 'failed'",
        "UPDATE page SET lease_until_ns = 0 WHERE status = 'sending' AND lease_until_ns IS NULL",
        "UPDATE page SET sent_ns = try_ns WHERE status = 'sent' AND sent_ns IS NULL",
        "UPDATE page_attempt SET channel = (SELECT channel FROM page WHERE page.id = page_id)",
    ):
        op.execute(change)


def _lay_down() -> None:
    """Make the laws. SQLite does so by making the table anew, which nothing may point at then."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("CREATE TEMPORARY TABLE kept_attempt AS SELECT * FROM page_attempt")
        op.execute("DELETE FROM page_attempt")
    with op.batch_alter_table("page") as page:
        page.drop_index("ix_page_due")
        page.drop_constraint(op.f("ck_page_status"), type_="check")
        page.alter_column("try_ns", existing_type=INT64, nullable=False)
        page.alter_column("recalled", existing_type=sa.Boolean(), server_default=None)
        for name, law in LAWS.items():
            page.create_check_constraint(op.f(name), law)
    with op.batch_alter_table("page_attempt") as attempt:
        attempt.alter_column("channel", existing_type=sa.String(length=120), nullable=False)
    if sqlite:
        op.execute(f"INSERT INTO page_attempt ({ATTEMPT}) SELECT {ATTEMPT} FROM kept_attempt")
        op.execute("DROP TABLE kept_attempt")
