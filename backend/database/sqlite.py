"""SQLite: one file for our eyes only, one writer at a time, what is committed is on the disk."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from backend.database.lanes import ConnectionPool

BUSY_S = 5
"""How long a writer waits for another process's transaction. Longer would hold up whoever pages;
an error in time is answered with a 503, and what was refused is sent again."""
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def connect(url: URL, lane: ConnectionPool) -> Engine:
    """Return an engine whose connections keep what they have committed."""
    if url.database and not url.database.startswith((":memory:", "file:")):
        make_private(Path(url.database))
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_S},
        pool_size=lane.connections,
        max_overflow=lane.overflow,
        pool_timeout=lane.pool_s,
        pool_use_lifo=True,  # the one used last has its pages in memory
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def make_private(path: Path) -> None:
    """Make a database's file, readable by nobody else, and the folders on the way that lack.

    SQLite gives the `-wal` and `-shm` beside a database the mode of the database. A file or folder
    that exists keeps its mode: somebody may have chosen it.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    except OSError:
        return  # it exists; or it cannot be made, and SQLite says so in its own words


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # The module's own transaction handling begins too late; we say BEGIN ourselves.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Any) -> None:
    # Past SQLAlchemy, which would make a statement, a context and a result of it: 30 µs each time.
    how = connection.get_execution_options().get("begin", "DEFERRED")
    connection.connection.driver_connection.execute(f"BEGIN {how}")
