"""No wait for a database is without end, and what ends it says by its type what is the matter."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event, Thread

import psycopg
import pytest
from sqlalchemy import text

from backend.database import postgresql
from backend.database.connection import Database
from backend.database.lanes import ConnectionPool
from backend.database.migrate import migrate
from backend.database.postgresql import ALL_WRITERS, key_of
from backend.errors import DatabaseAwayError, DatabaseBusyError, DatabaseFullError
from tests.support.postgres import Postgres

SOON_S = 12
"""What "in time" means at the worst: one time-out of each sort, one after the other."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def shared(postgres: Postgres) -> Iterator[Database]:
    """An empty database on PostgreSQL."""
    database = Database(postgres.database())
    yield database
    database.close()


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of its own, which may be frozen."""
    server = Postgres()
    yield server
    server.stop()


def overlap(database: Database, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether two writers of these names are ever both inside."""
    both = Barrier(2)

    def write(keys: tuple[str, ...]) -> bool:
        with database.write(*keys):
            try:
                both.wait(0.5)
            except BrokenBarrierError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        return all(pool.map(write, (first, second)))


ONE, TWO = ("incident:1",), ("incident:2",)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        pytest.param(ONE, TWO, True, id="of different incidents"),
        pytest.param(ONE, ONE, False, id="of one incident"),
        pytest.param(("a", "incident:1"), ("incident:1", "z"), False, id="one name in common"),
        pytest.param(ONE, (), False, id="one of everything"),
        pytest.param((), (), False, id="both of everything"),
    ],
)
def test_writers_go_on_beside_each_other_but_for_what_they_share(
    shared: Database, first: tuple[str, ...], second: tuple[str, ...], together: bool
) -> None:
    assert overlap(shared, first, second) is together


def test_sqlite_has_one_writer_whatever_is_named(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert not overlap(database, ONE, TWO)
    database.close()


@pytest.mark.postgres
def test_names_taken_in_any_order_never_wait_in_a_circle(shared: Database) -> None:
    with shared.write() as session:
        session.execute(text("CREATE TABLE tally (name text PRIMARY KEY, n int)"))
        session.execute(text("INSERT INTO tally VALUES ('a', 0), ('b', 0), ('c', 0)"))

    def add(number: int) -> None:
        names = ("a", "b", "c")
        one, other = names[number % 3], names[(number + 1 + number % 2) % 3]
        with shared.write(*(() if number % 10 == 0 else (one, other))) as session:
            for name in (one, other):
                seen = session.execute(text(f"SELECT n FROM tally WHERE name = '{name}'")).scalar()
                session.execute(
                    text(f"UPDATE tally SET n = :n WHERE name = '{name}'"), {"n": (seen or 0) + 1}
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(200)))
    with shared.read() as session:
        assert session.execute(text("SELECT sum(n) FROM tally")).scalar_one() == 400


@pytest.mark.postgres
@pytest.mark.parametrize(
    "lock", [pytest.param(ALL_WRITERS, id="everything"), pytest.param(key_of("a"), id="one name")]
)
def test_a_forgotten_session_in_the_writers_turn_is_ended(
    shared: Database, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "LONGEST_TURN_S", 1)
    began_s = time.monotonic()
    with psycopg.connect(shared.url.render_as_string().replace("+psycopg", "")) as forgotten:
        forgotten.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
        with shared.paging.write("a") as session:
            assert session.execute(text("SELECT 1")).scalar_one() == 1
        with pytest.raises(psycopg.OperationalError):
            forgotten.execute("SELECT 1")
    assert time.monotonic() - began_s < SOON_S


@pytest.mark.postgres
def test_a_migration_may_hold_the_turn_for_long(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "LONGEST_TURN_S", 0)
    with shared.write(patient=True) as slow:
        with pytest.raises(DatabaseBusyError), shared.paging.write("a"):
            pass
        assert slow.execute(text("SELECT 1")).scalar_one() == 1
    with shared.paging.write("a") as session:
        name = session.execute(text("SELECT current_setting('application_name')")).scalar_one()
        assert name == "floorwatch paging"


@pytest.mark.postgres
@pytest.mark.parametrize("act", ["read", "write"])
def test_a_frozen_server_is_an_error_in_time_and_no_more_when_it_thaws(
    server: Postgres, act: str
) -> None:
    database = Database(server.database())

    def ask() -> None:
        with getattr(database.paging, act)() as session:
            session.execute(text("SELECT 1"))

    ask()
    children = _children(server)
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    try:
        began_s = time.monotonic()
        with pytest.raises(DatabaseAwayError, match="no answer within"):
            ask()
        assert time.monotonic() - began_s < SOON_S
        probe = database.probe(0.2)
        assert not probe.ok
        assert probe.took_s < 1
        assert probe.detail == "no answer within 0.2 s"
    finally:
        for pid in children:
            os.kill(pid, signal.SIGCONT)
    ask()
    assert database.probe(10).ok
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize("act", ["read", "write"])
def test_a_connection_that_was_hung_up_on_is_replaced(shared: Database, act: str) -> None:
    for _ in range(2):
        with getattr(shared, act)() as session:
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(shared.url.render_as_string().replace("+psycopg", "")) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with getattr(shared, act)() as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


@pytest.mark.postgres
def test_a_statement_that_takes_too_long_is_broken_off(shared: Database) -> None:
    with pytest.raises(DatabaseBusyError, match="statement timeout"), shared.paging.read() as one:
        one.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.postgres
def test_a_writer_that_falls_asleep_in_its_turn_loses_it(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "WRITER_IDLE_S", 1)
    postgresql._turn_of.cache_clear()

    def sleep() -> None:
        with shared.paging.write() as session:
            _until_hung_up(shared)
            session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAwayError):
        sleep()
    with shared.paging.write() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    postgresql._turn_of.cache_clear()


def test_another_process_in_sqlites_transaction_is_an_error_in_time(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.database.sqlite.BUSY_S", 0.3)
    database = Database(sqlite_url)
    migrate(database)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusyError, match="the database is busy"), database.write():
        pass
    other.execute("ROLLBACK")
    with database.write():
        pass
    other.close()
    database.close()


def test_another_thread_in_sqlites_turn_is_an_error_in_time(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.database.sqlite.BUSY_S", 0.3)
    database = Database(sqlite_url)
    inside, enough = Event(), Event()

    def hold() -> None:
        with database.write():
            inside.set()
            enough.wait(30)

    holder = Thread(target=hold)
    holder.start()
    inside.wait(30)
    with pytest.raises(DatabaseBusyError, match="another writer"), database.paging.write():
        pass
    enough.set()
    holder.join()
    database.close()


def test_a_full_disk_is_told_as_one(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    migrate(database)

    def fill() -> None:
        with database.write() as session:
            pages = session.execute(text("PRAGMA page_count")).scalar_one()
            session.execute(text(f"PRAGMA max_page_count = {pages}"))
            for n in range(1000):
                session.execute(
                    text("INSERT INTO person (id, name, roles) VALUES (:id, :name, '[]')"),
                    {"id": str(n), "name": "x" * 4000},
                )

    with pytest.raises(DatabaseFullError, match="disk is full"):
        fill()
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM person")).scalar_one() == 0
    database.close()


def test_readers_cannot_take_the_connections_of_paging(database: Database) -> None:
    many = ConnectionPool.OPEN.connections + ConnectionPool.OPEN.overflow
    readers = [database.read() for _ in range(many)]
    for reader in readers:
        reader.__enter__()
    try:
        with database.paging.write("incident:1") as session:
            assert session.execute(text("SELECT 1")).scalar_one() == 1
        with pytest.raises(DatabaseBusyError, match="every connection"), database.read():
            pass
    finally:
        for reader in readers:
            reader.__exit__(None, None, None)


def test_a_database_is_for_our_eyes_only(tmp_path: Path) -> None:
    old_mask = os.umask(0o022)
    try:
        path = tmp_path / "state" / "backend" / "backend.sqlite"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        with database.write() as session:
            session.execute(text("INSERT INTO person (id, name, roles) VALUES ('a', 'b', '[]')"))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(old_mask)
    names = ("backend.sqlite", "backend.sqlite-shm", "backend.sqlite-wal")
    assert modes == dict.fromkeys(names, 0o600)
    folders = [stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)]
    assert folders == [0o700, 0o700]


def test_a_database_answers_a_probe(database: Database) -> None:
    assert database.probe(10).ok
    assert database.probe(10).detail == ""


def test_a_probe_says_why_there_is_no_answer() -> None:
    database = Database("postgresql://floorwatch:hush@127.0.0.1:1/x")
    probe = database.probe(10)
    assert not probe.ok
    assert "refused" in probe.detail
    assert "hush" not in probe.detail
    database.close()


def _children(server: Postgres) -> list[int]:
    assert server._server is not None
    parent = server._server.pid
    found = [parent]
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat_file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat_file.parent.name))
    return found


def _until_hung_up(database: Database) -> None:
    deadline_s = time.monotonic() + SOON_S
    asked = text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
    while time.monotonic() < deadline_s:
        with database.read() as session:
            if session.execute(asked).scalar_one() == 0:
                return
    raise AssertionError("the session is still there")
