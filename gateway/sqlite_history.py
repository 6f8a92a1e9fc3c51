"""History without a server: one SQLite table, a row a block."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from gateway.database import transaction
from gateway.errors import StoreError
from gateway.history_file import HistoryError, HistoryFile
from gateway.summary import Summary

KEPT_ROWS = 20_000_000
"""About 2 GB: three months of one block a second from two devices, a day of two hundred."""

TABLE = (
    "CREATE TABLE IF NOT EXISTS summary ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, measurement TEXT NOT NULL, device TEXT NOT NULL,"
    " tag TEXT NOT NULL, t_ns INTEGER NOT NULL, fields BLOB NOT NULL,"
    " UNIQUE (device, measurement, t_ns, tag))"
)


class SqliteHistory:
    """Summaries in a file; the oldest go when there are more than `kept_rows`."""

    def __init__(self, path: Path, kept_rows: int = KEPT_ROWS) -> None:
        self._kept_rows = kept_rows
        self._file = HistoryFile(path, TABLE)

    def write(self, rows: Sequence[Summary]) -> int:
        """Keep rows; a row that is there already stays as it is."""
        try:
            connection = self._file.connection
            with transaction(connection):
                connection.executemany(
                    "INSERT OR IGNORE INTO summary (measurement, device, tag, t_ns, fields)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (
                        (row.measurement, row.device, row.tag, row.t_ns, json.dumps(row.fields))
                        for row in rows
                    ),
                )
                connection.execute(
                    "DELETE FROM summary WHERE n <= (SELECT max(n) FROM summary) - ?",
                    (self._kept_rows,),
                )
        except StoreError as error:
            raise HistoryError(str(error)) from error
        return 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
