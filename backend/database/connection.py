"""Opens a database so that what is committed is on the disk, and one writer writes at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from backend.errors import DatabaseUnusableError

BUSY_TIMEOUT_MS = 15_000
"""How long SQLite waits for another process's transaction before it gives up."""
WRITER_KEY = 0x464C_4F4F_5257
"""Names the writers' advisory lock on PostgreSQL ("FLOORW")."""

WANTED = "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"


class Database:
    """Transactions on one database. Safe for threads and for several processes at once.

    Writers take turns, on SQLite by BEGIN IMMEDIATE and on PostgreSQL by an advisory lock held to
    the end of the transaction. What a writer has read therefore still holds when it commits, on
    both alike, and no transaction is ever broken off as a deadlock's victim. The price is one
    commit at a time: some hundred a second, where a bad day has a few incidents a minute.
    """

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        self.engine = _connect(self.url)
        self.dialect = self.engine.dialect.name
        # SQLite's busy handler sleeps up to 100 ms between looks; a lock wakes at once.
        self._turn = Lock() if self.dialect == "sqlite" else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Begin a transaction as the only writer; commit at the end, or roll everything back."""
        with self._turn, Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"begin": "IMMEDIATE"})
            if self.dialect == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_KEY})
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Begin a transaction that sees one state of everything and changes nothing."""
        with Session(self.engine) as session:
            session.connection(execution_options={"begin": "DEFERRED"})
            if self.dialect == "postgresql":
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield session

    @property
    def name(self) -> str:
        """Its address, without the password."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _with_driver(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusableError(f"the database's address cannot be read; {WANTED}") from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite")
        case "postgres" | "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise DatabaseUnusableError(f'"{other}" is not a database of ours; {WANTED}')


def _connect(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=40)
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=20, max_overflow=40
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The module's own transaction handling begins too late; we say BEGIN ourselves.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _begin_sqlite(connection: Any) -> None:
    how = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {how}")
