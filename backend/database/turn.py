"""The writers' turn inside one process: SQLite's busy handler sleeps, a lock wakes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from backend.errors import DatabaseBusyError


class Turn:
    """One holder at a time; nobody waits for it longer than `longest_s`."""

    def __init__(self, longest_s: float) -> None:
        self._lock = Lock()
        self._longest_s = longest_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn for a block.

        Raises
        ------
        DatabaseBusyError
            When the holder keeps it for longer than anybody waits.
        """
        if not self._lock.acquire(timeout=self._longest_s):
            raise DatabaseBusyError(
                f"the database is busy: another writer has held it for {self._longest_s:g} s"
            )
        try:
            yield
        finally:
            self._lock.release()
