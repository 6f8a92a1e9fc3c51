"""What is known of people is for the service's own user, whatever umask and older release left."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from host import private

READ = "SELECT * FROM block"


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=["open umask", "usual umask", "odd umask"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_what_is_made_is_the_owners(tmp_path: Path) -> None:
    private.make_folder(tmp_path / "state")
    private.make_file(tmp_path / "state" / "spool")
    assert mode(tmp_path / "state") == 0o700
    assert mode(tmp_path / "state" / "spool") == 0o600


def test_journals_of_a_database_are_the_owners_too(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    private.make_file(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE block (id INTEGER)")
    modes = {each.name: mode(each) for each in tmp_path.iterdir()}
    connection.close()
    assert modes == dict.fromkeys(("spool.db", "spool.db-wal", "spool.db-shm"), 0o600)


@pytest.mark.parametrize(
    ("former", "now"),
    [
        pytest.param(0o644, 0o640, id="an older release's is closed to others"),
        pytest.param(0o666, 0o660, id="wide open"),
        pytest.param(0o640, 0o640, id="a group for backups stays"),
        pytest.param(0o600, 0o600, id="already so"),
    ],
)
def test_what_is_there_is_closed_to_others(tmp_path: Path, former: int, now: int) -> None:
    for name in ("spool.db", "spool.db-wal"):
        (tmp_path / name).write_bytes(b"kept")
        (tmp_path / name).chmod(former)
    private.make_file(tmp_path / "spool.db")
    assert [mode(tmp_path / name) for name in ("spool.db", "spool.db-wal")] == [now, now]
    assert (tmp_path / "spool.db").read_bytes() == b"kept"


def test_a_folder_that_somebody_made_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private.make_folder(tmp_path)
    assert mode(tmp_path) == 0o755


def test_locks_of_an_open_database_hold(tmp_path: Path) -> None:
    """SQLite's locks are the process's: closing another descriptor of the file drops them all."""
    path = tmp_path / "spool.db"
    private.make_file(path)
    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("CREATE TABLE block (id INTEGER)")
        holder.execute("BEGIN EXCLUSIVE")
        private.make_file(path)
        read = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('{READ}')"
        other = subprocess.run([sys.executable, "-I", "-c", read], capture_output=True, text=True)
        assert "database is locked" in other.stderr
    holder.close()
