"""Which failures of a database are its state and not a mistake of ours, told as types.

A caller chooses by type: busy is tried again, full is said aloud, away is waited for. Whatever is
not in these tables goes on as SQLAlchemy raised it: a broken constraint is no state of a database.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from types import TracebackType

import psycopg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from backend.errors import (
    BackendError,
    DatabaseAwayError,
    DatabaseBusyError,
    DatabaseFullError,
    DatabaseStateError,
)

Fault = type[DatabaseStateError]

SQLITE: dict[int, Fault] = {
    sqlite3.SQLITE_BUSY: DatabaseBusyError,
    sqlite3.SQLITE_LOCKED: DatabaseBusyError,
    sqlite3.SQLITE_FULL: DatabaseFullError,
    sqlite3.SQLITE_IOERR: DatabaseAwayError,
    sqlite3.SQLITE_READONLY: DatabaseAwayError,
    sqlite3.SQLITE_CANTOPEN: DatabaseAwayError,
}
"""By primary result code, https://sqlite.org/rescode.html."""

POSTGRESQL: dict[str, Fault] = {
    "55P03": DatabaseBusyError,  # lock_not_available: lock_timeout
    "57014": DatabaseBusyError,  # query_canceled: statement_timeout
    "40P01": DatabaseBusyError,  # deadlock_detected
    "40001": DatabaseBusyError,  # serialization_failure
    "53300": DatabaseBusyError,  # too_many_connections
    "53200": DatabaseBusyError,  # out_of_memory
    "53100": DatabaseFullError,  # disk_full
    "25P03": DatabaseAwayError,  # idle_in_transaction_session_timeout
    "25006": DatabaseAwayError,  # read_only_sql_transaction: a standby answers
    "57P01": DatabaseAwayError,  # admin_shutdown, and whose session was ended
    "57P02": DatabaseAwayError,  # crash_shutdown
    "57P03": DatabaseAwayError,  # cannot_connect_now
    "58030": DatabaseAwayError,  # io_error
}
"""By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html."""

ROOM_BYTES = 1 << 20
"""With less free, an input or output error of SQLite is a full disk by another name: it cannot
extend its shared memory, or make its log."""

SAYS: dict[Fault, str] = {
    DatabaseBusyError: "the database is busy",
    DatabaseFullError: "the database's disk is full",
    DatabaseAwayError: "the database does not answer",
}


class TypedFaults:
    """A block whose failures of the database leave it as `DatabaseStateError`."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def __enter__(self) -> None:
        """Nothing happens at the beginning."""

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            typed = typed_fault(error, self._url)
            if typed is not None:
                raise typed from error


def typed_fault(error: Exception, url: URL) -> BackendError | None:
    """Return what an error says about the database's state, or None when it says nothing of it."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseBusyError("the database is busy: every connection to it is in use")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        fault = _of_sqlite(cause, url)
    elif isinstance(cause, psycopg.Error):
        fault = _of_server(cause)
    else:
        return None
    if fault is None:
        return None
    why = str(cause).strip().splitlines()
    return fault(f"{SAYS[fault]}: {why[0] if why else type(cause).__name__}")


def _of_sqlite(cause: sqlite3.Error, url: URL) -> Fault | None:
    code = getattr(cause, "sqlite_errorcode", None)
    fault = None if code is None else SQLITE.get(code & 0xFF)
    return DatabaseFullError if fault is DatabaseAwayError and _no_room(url) else fault


def _no_room(url: URL) -> bool:
    folder = os.path.dirname(url.database or "") or "."
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        return error.errno == errno.ENOSPC
    return disk.f_bavail * disk.f_frsize < ROOM_BYTES or (disk.f_files > 0 and disk.f_favail == 0)


def _of_server(cause: psycopg.Error) -> Fault | None:
    state = cause.sqlstate
    if state is None:
        # The server has not said it: it was not reached, or has hung up.
        lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
        return DatabaseAwayError if lost else None
    return DatabaseAwayError if state.startswith("08") else POSTGRESQL.get(state)
