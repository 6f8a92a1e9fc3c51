"""The tables, their migrations, their seeds, and the record that nobody can rewrite."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.database.connection import Database
from backend.database.migrate import migrate
from backend.database.tables import Base, OnCallRow, PersonRow
from backend.errors import DatabaseUnusableError
from tests.support.pages import Pager, paging_site


def test_migrations_make_exactly_the_models(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        difference = compare_metadata(context, Base.metadata)
    database.close()
    assert difference == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    migrate(database)
    database.close()


@pytest.mark.parametrize("table", ["timeline", "detection", "acknowledgement"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET incident_id = incident_id"])
def test_the_record_cannot_be_rewritten(pager: Pager, table: str, change: str) -> None:
    pager.detect("fall")
    pager.inbox.empty()
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    with (
        pytest.raises(DBAPIError, match=f"{table} is append-only"),
        pager.parts.database.write() as session,
    ):
        session.execute(text(change.format(table)))


def test_a_failure_inside_a_transaction_leaves_nothing(pager: Pager) -> None:
    def half(database: Database) -> None:
        with database.write() as session:
            session.add(PersonRow(id="half", name="Half", roles=[]))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half(pager.parts.database)
    with pager.parts.database.read() as session:
        assert session.get(PersonRow, "half") is None


def test_seeding_never_overwrites(database_url: str) -> None:
    pager = Pager(database_url)
    with pager.parts.database.write() as session:
        session.get_one(PersonRow, "karin-ek").name = "Karin Ek-Holm"
        session.query(OnCallRow).filter_by(position=0).delete()
    pager.site = paging_site(
        **{'name = "Omar Said"': 'name = "Somebody Else"', '"karin-ek", "omar-said"': '"ines-falk"'}
    )
    second = pager.another()
    with second.database.read() as session:
        assert session.get_one(PersonRow, "karin-ek").name == "Karin Ek-Holm"
        assert session.get_one(PersonRow, "omar-said").name == "Omar Said"
        assert [row.person for row in session.query(OnCallRow)] == ["omar-said"]
    pager.close()


def test_sqlite_is_set_to_keep_what_it_has_committed(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as session:
        settings = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusableError, match="used by a newer Floorwatch"):
        migrate(database)
    database.close()


def test_a_password_is_not_repeated() -> None:
    database = Database("postgresql://floorwatch:hush@127.0.0.1:1/x")
    with pytest.raises(DatabaseUnusableError, match="refused") as refused:
        migrate(database)
    assert "hush" not in str(refused.value)
    database.close()
