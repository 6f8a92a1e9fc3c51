"""Every instant is a deadline, and moves with the clock, or is on record, and stays."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.database.connection import Database
from backend.database.deadlines import deadlines, move_deadlines
from backend.database.migrate import migrate
from backend.database.tables import Base
from tests.support.pages import Pager

ON_RECORD = frozenset(
    {
        "access.at_ns", "acknowledgement.at_ns", "assignment.at_ns",
        "clock_step.at_ns", "clock_step.by_ns", "time_base.base_ns", "time_base.boottime_ns",
        "detection.decided_ns", "detection.onset_ns", "detection.received_ns",
        "evidence.received_ns", "evidence.t0_ns", "gateway.at_ns", "gateway.received_ns",
        "incident.acknowledged_ns", "incident.answered_ns", "incident.decided_ns",
        "incident.newest_ns", "incident.onset_ns", "incident.opened_ns",
        "incident.cleared_ns", "incident.tier_since_ns", "page.sent_ns", "page_attempt.ended_ns",
        "page_attempt.started_ns", "site_version.first_used_ns", "standing.at_ns",
        "standing.t0_ns", "timeline.at_ns", "unknown_tag.first_ns", "unknown_tag.last_ns",
        "verdict.at_ns", "whereabouts.heard_ns",
        "page.created_ns", "page.due_ns", "page.refused_ns", "incident.on_scene_ns",
        "detection.happened_ns", "detection.settled_ns", "person.left_ns",
        "console_session.begun_ns", "console_session.ended_ns",
    }
)  # fmt: skip
"""Nothing becomes due by these. A new column is named here, or declared a deadline where it is."""


def test_every_instant_is_a_deadline_or_on_record() -> None:
    moving = {str(column) for columns in deadlines(Base.metadata).values() for column in columns}
    instants = {
        str(column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_ns")
    }
    assert moving <= instants
    assert moving | ON_RECORD == instants
    assert moving & ON_RECORD == frozenset()


def test_all_of_them_move_at_once_and_nothing_else_does(pager: Pager) -> None:
    pager.detect("fall")
    pager.inbox.empty()
    before = _everything(pager.parts.database)
    with pager.parts.database.write() as session:
        assert move_deadlines(session, Base.metadata, -1_000) > 0
    after = _everything(pager.parts.database)
    moving = {str(column) for columns in deadlines(Base.metadata).values() for column in columns}
    for name, values in before.items():
        by_ns = 1_000 if name in moving else 0
        assert after[name] == [None if v is None else v - by_ns for v in values], name
    assert before["incident.next_ns"] != [None]


def test_no_deadline_stands_in_a_table_that_cannot_be_changed(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    with database.write() as session:
        for table in deadlines(Base.metadata):
            session.execute(text(f"DELETE FROM {table.name}"))
    database.close()


@pytest.mark.parametrize("change", ["DELETE FROM clock_step", "UPDATE clock_step SET by_ns = 0"])
def test_a_step_stays_on_record(database_url: str, change: str) -> None:
    database = Database(database_url)
    migrate(database)
    with database.write() as session:
        session.execute(text("INSERT INTO clock_step VALUES (1, 10, 5, 'stepped', 'hall')"))
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(change))
    database.close()


def _everything(database: Database) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = {}
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            instants = [column for column in table.columns if column.name.endswith("_ns")]
            rows = session.execute(table.select().order_by(*table.primary_key.columns)).all()
            for column in instants:
                found[str(column)] = [row._mapping[column] for row in rows]
    return found
