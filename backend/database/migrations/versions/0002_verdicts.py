"""What incidents turned out to be, who looked at what, and windows that are kept for learning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.database.migrations.append_only import forbid_changes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LABELLED = "a window that somebody has labelled is kept"


def upgrade() -> None:
    """Create the tables of verdicts and of who looked; keep windows that somebody labelled."""
    op.create_table(
        "verdict",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("incident_id", INT64, nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_verdict_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    op.create_index(op.f("ix_verdict_incident_id"), "verdict", ["incident_id"], unique=False)
    op.create_table(
        "access",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("at_ns", INT64, nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access")),
    )
    op.add_column("evidence", sa.Column("range_g", sa.Double(), nullable=True))
    op.add_column("evidence", sa.Column("worn", sa.String(length=20), nullable=True))
    for table in ("verdict", "access"):
        forbid_changes(table)
    _keep_labelled_windows()


def _keep_labelled_windows() -> None:
    """Refuse to delete a labelled window. It may grow, and an unlabelled one may go."""
    labelled = "EXISTS (SELECT 1 FROM verdict WHERE incident_id = OLD.incident_id)"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER evidence_labelled BEFORE DELETE ON evidence WHEN {labelled} "
            f"BEGIN SELECT RAISE(ABORT, '{LABELLED}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION evidence_labelled() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {labelled} THEN RAISE EXCEPTION '{LABELLED}'; END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER evidence_labelled BEFORE DELETE ON evidence "
        "FOR EACH ROW EXECUTE FUNCTION evidence_labelled()"
    )
