"""Which blocks the recorder had and has trimmed: a copy that comes later is still a copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from gateway.acknowledgement import runs
from gateway.effects import Identity

_LONGER = """
UPDATE forgotten SET last = ?
WHERE device = ? AND message = ? AND boot = ? AND agent = ? AND last = ? - 1
"""
_HAS = """
SELECT last FROM forgotten
WHERE device = ? AND message = ? AND boot = ? AND agent = ? AND first <= ?
ORDER BY first DESC LIMIT 1
"""

_Author = tuple[str, str, int, str]
"""Device, message, boot, agent."""


class BlockRun(NamedTuple):
    """Consecutive numbers of one author, first and last included."""

    author: _Author
    first: int
    last: int


class Forgotten:
    """Runs of numbers, on disk: a device that counts on takes one row, however long it did."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def note(self, which: str, given: Sequence[object]) -> None:
        """Note blocks that are about to be removed, inside the caller's transaction."""
        self.keep(self.runs(which, given))

    def runs(self, which: str, given: Sequence[object]) -> list[BlockRun]:
        """Return the runs of the blocks that a condition names."""
        rows = self._connection.execute(
            "SELECT device, message, boot, agent, seq FROM block"
            f" WHERE {which} ORDER BY device, message, boot, agent",
            given,
        ).fetchall()
        return list(_runs(rows))

    def keep(self, gone: Iterable[BlockRun]) -> None:
        """Note runs, inside the caller's transaction."""
        for author, first, last in gone:
            done = self._connection.execute(_LONGER, (last, *author, first))
            if done.rowcount < 1:
                self._connection.execute(
                    "INSERT INTO forgotten VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                    " SET last = max(last, excluded.last)",
                    (*author, first, last),
                )

    def has(self, identity: Identity) -> bool:
        """Whether a block was there once."""
        author = (identity.device, identity.block, identity.boot, identity.agent)
        found = self._connection.execute(_HAS, (*author, identity.seq)).fetchone()
        return found is not None and identity.seq <= found[0]


def _runs(rows: Iterable[tuple[str, str, int, str, int]]) -> Iterator[BlockRun]:
    for author, of_author in groupby(rows, key=lambda row: row[:4]):
        for first, last in runs(row[4] for row in of_author):
            yield BlockRun(author, first, last)
