"""What detectors must know after a restart and no recent block tells: open sessions, on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from detectors.persons import Whose


class LastingStore:
    """Rows of states, and which block was the last that they know of. What came after is fed again.

    `keep` and `still` run inside the caller's transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self) -> dict[Whose, bytes]:
        """Return every state that was kept."""
        rows = self._connection.execute("SELECT detector, person, body FROM lasting")
        return {Whose(detector, person): body for detector, person, body in rows}

    def upto(self) -> int | None:
        """Return the last block that the states know of; None if none was ever kept."""
        row = self._connection.execute("SELECT block FROM lasting_upto").fetchone()
        return int(row[0]) if row else None

    def keep(self, states: Mapping[Whose, bytes], upto: int) -> None:
        """Put these in the place of the last ones: they belong to one instant."""
        self._connection.execute("DELETE FROM lasting")
        rows = [(*whose, body) for whose, body in states.items()]
        self._connection.executemany("INSERT INTO lasting VALUES (?, ?, ?)", rows)
        self.still(upto)

    def still(self, upto: int) -> None:
        """Note that the states know of later blocks, too."""
        self._connection.execute("INSERT OR REPLACE INTO lasting_upto VALUES (1, ?)", (upto,))
