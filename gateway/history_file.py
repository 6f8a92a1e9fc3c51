"""The file of history: opened when it is first needed, for falls are found without it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gateway.errors import GatewayError
from host import private


class HistoryError(GatewayError):
    """A store did not take rows now. They are offered again."""


class HistoryFile:
    """One connection to a SQLite file that may not be there yet: its disk may be full.

    Parameters
    ----------
    table
        What makes its table, where there is none.
    """

    def __init__(self, path: Path, table: str) -> None:
        self._path = path
        self._table = table
        self._opened: sqlite3.Connection | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, or `HistoryError` for as long as the file cannot be opened."""
        if self._opened is None:
            try:
                self._opened = self._open()
            except (sqlite3.Error, GatewayError, OSError) as error:
                raise HistoryError(f"{self._path} cannot be opened: {error}") from error
        return self._opened

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()

    def _open(self) -> sqlite3.Connection:
        private.make_file(self._path)
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # A power cut may take the last rows back; the bookmark, in the same file, goes too.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(self._table)
        except BaseException:
            connection.close()
            raise
        return connection
