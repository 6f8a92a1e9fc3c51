"""The spool's database file: its tables, how it is opened, and what is saved from a broken one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import structlog
from pydantic import ValidationError

from contract.batch import parse_block
from contract.message import Block
from edge.errors import SpoolInUseError

log = structlog.get_logger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS block (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    t0_ns INTEGER NOT NULL,
    is_event INTEGER NOT NULL,
    spooled_ns INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (kind, device, boot, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS block_by_kind ON block (is_event, id);
CREATE TABLE IF NOT EXISTS set_aside (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS boot (device TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS heard (
    kind TEXT NOT NULL, device TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, device)
) STRICT;
CREATE TABLE IF NOT EXISTS delivered (n INTEGER PRIMARY KEY, stamp TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS command (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
"""
IN_USE_AFTER_S = 5.0
"""A process that was just killed may still hold the file for a moment."""
PAGE_BYTES = 4096
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def open_file(path: Path, max_file_bytes: int | None) -> sqlite3.Connection:
    """Open the spool for this process alone: WAL, and every commit on the disk when it returns.

    Raises
    ------
    SpoolInUseError
        Another process has it open.
    sqlite3.DatabaseError
        It is no database, or it is damaged; `is_broken` tells that from a full disk.
    """
    connection = sqlite3.connect(
        path, timeout=IN_USE_AFTER_S, isolation_level=None, check_same_thread=False
    )
    try:
        # Exclusive: a second agent on this file would use its boot numbers a second time.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA max_page_count = {_pages(max_file_bytes)}")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _damaged(found)
        connection.executescript(SCHEMA)
        connection.execute("SELECT id, payload FROM block LIMIT 1").fetchone()
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error) and _code(error) in _BUSY:
            raise SpoolInUseError(f"the spool {path} is in use by another process") from None
        raise
    return connection


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the file itself is damaged. A full disk or a lock is not that."""
    return _code(error) in _BROKEN


def move_aside(path: Path) -> Path:
    """Rename a damaged file, with its journals, so that somebody can look at it; say where."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def readable_blocks(path: Path) -> Iterator[Block]:
    """Yield what can still be read from a damaged file, events first. Never raises."""
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error:
        return
    try:
        for is_event in (1, 0):
            rows = connection.execute("SELECT payload FROM block WHERE is_event = ?", (is_event,))
            try:
                for (payload,) in rows:
                    try:
                        yield parse_block(payload)
                    except (ValidationError, TypeError):
                        continue
            except sqlite3.Error:
                continue
    except sqlite3.Error:
        return
    finally:
        connection.close()


def _pages(max_file_bytes: int | None) -> int:
    most = 2**31 - 2  # SQLite's own limit
    return most if max_file_bytes is None else max(1, max_file_bytes // PAGE_BYTES)


def _damaged(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _code(error: sqlite3.Error) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the rest says which part of it
