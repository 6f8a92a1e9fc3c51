"""Pages of a release that failed them for good, as the next one finds them."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import text

from backend.database import migrate as migrating
from backend.database.connection import Database
from backend.database.migrate import migrate
from backend.database.tables import Base

BEFORE = "0003"
INCIDENT = {
    "site": "hall-7", "kind": "fall", "subject": "person:{id}", "device": "belt", "onset_ns": 1,
    "decided_ns": 1, "newest_ns": 1, "opened_ns": 1, "confidence": 1, "reason": "", "numbers": "{}",
    "facts": "{}", "assessment": "{}", "exercise": False, "severity": "SEV2", "overruled": "[]",
    "ladder": "{}", "step": 0, "round": 1, "climbs": 0, "tier_since_ns": 1, "held": False,
    "entries": 0,
}  # fmt: skip


def older(database: Database, revision: str) -> None:
    """Bring a database to the tables of an older release."""
    scripts = migrating._scripts()

    def steps(seen: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(revision, seen)

    with (
        database.write() as session,
        EnvironmentContext(Config(), scripts, fn=steps, destination_rev=revision) as environment,
    ):
        environment.configure(connection=session.connection(), target_metadata=Base.metadata)
        environment.run_migrations()


def put(database: Database, table: str, **values: Any) -> None:
    columns = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    with database.write() as session:
        session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), values)


@pytest.mark.parametrize(
    ("incident", "before", "after"),
    [
        pytest.param(
            "open",
            {"status": "failed", "due_ns": 90, "attempts": 3},
            {"status": "due", "due_ns": 10, "try_ns": 90, "refused_ns": 90},
            id="failed for good, and still wanted: tried again",
        ),
        pytest.param(
            "acknowledged",
            {"status": "failed", "due_ns": 90, "attempts": 3},
            {"status": "withdrawn", "refused_ns": None},
            id="failed for good, and over",
        ),
        pytest.param(
            "open",
            {"status": "due", "due_ns": 70, "attempts": 2},
            {"status": "due", "due_ns": 10, "try_ns": 70, "refused_ns": None},
            id="a retry had overwritten what was planned",
        ),
        pytest.param(
            "resolved",
            {"status": "due", "due_ns": 10, "attempts": 0},
            {"status": "withdrawn"},
            id="due for an incident that is over",
        ),
        pytest.param(
            "acknowledged",
            {"status": "sending", "due_ns": 10, "lease_until_ns": 50, "attempts": 1},
            {"status": "sending", "recalled": True},
            id="in somebody's hands, and not wanted any more",
        ),
        pytest.param(
            "open",
            {"status": "sending", "due_ns": 10, "lease_until_ns": 50, "attempts": 1},
            {"status": "sending", "recalled": False},
            id="in somebody's hands",
        ),
        pytest.param(
            "resolved",
            {"status": "sent", "due_ns": 10, "sent_ns": 12, "attempts": 1},
            {"status": "sent", "sent_ns": 12},
            id="sent",
        ),
    ],
)
def test_a_page_of_before(
    database_url: str, incident: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    database = Database(database_url)
    older(database, BEFORE)
    put(database, "incident", id=1, status=incident, **INCIDENT)
    page = {
        "id": 1, "incident_id": 1, "round": 1, "step": 0, "person": "karin-ek", "channel": "smtp",
        "severity": "SEV2", "created_ns": 10, "repeat": False, "token": "c0ffee", "text": "",
    }  # fmt: skip
    put(database, "page", **page, **before)
    if before["attempts"]:
        put(database, "page_attempt", page_id=1, number=1, started_ns=11, lease_until_ns=16)
    migrate(database)
    with database.read() as session:
        row = session.execute(text("SELECT * FROM page")).mappings().one()
        attempts = session.execute(text("SELECT channel FROM page_attempt")).scalars().all()
    database.close()
    assert {name: row[name] for name in after} == after
    assert attempts == ["smtp"] * bool(before["attempts"])
