"""The spool's disk: commits that say whether they happened, and a way out of every bad end.

A full disk or a failing one makes `commit` return False and is tried again later. A damaged file
is renamed, what is still readable in it is saved, and a fresh one takes its place.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import structlog

from contract.instants import Clock
from edge import ledger, spoolfile
from edge.entry import encoded
from edge.errors import SpoolInUseError
from edge.ledger import Change
from host import private

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Disk:
    """One spool file, open for this process alone.

    Raises
    ------
    SpoolInUseError
        Another process has it open.
    """

    def __init__(self, path: Path, clock: Clock, max_file_bytes: int | None = None) -> None:
        self._path = path
        self._clock = clock
        self._max_file_bytes = max_file_bytes
        self._db: sqlite3.Connection | None = None
        self._in_trouble = False
        self._owed: Counter[str] = Counter()
        self.blocks = 0
        self.bytes = 0
        self.top = 0
        """The highest id given so far."""
        self.counts: Counter[str] = Counter()
        """Counters that outlive a restart."""
        self._open()

    def commit(self, work: Callable[[sqlite3.Connection, Change], object]) -> bool:
        """Do `work` in one commit that is on the disk when this returns True.

        `work` may run twice: the second time on the fresh file that replaced a damaged one.
        """
        for _attempt in range(2):
            if self._db is None:
                self._open()
            if self._db is None:
                return False
            change = Change()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                work(self._db, change)
                ledger.add_counts(self._db, self._owed + change.counts)
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._trouble(error)
                if not spoolfile.is_broken(error):
                    return False
                continue
            self._done(change)
            return True
        return False

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what a query finds, or None when the file cannot be read."""
        if self._db is None:
            return None
        try:
            return query(self._db)
        except sqlite3.Error as error:
            self._trouble(error)
            return None

    def count(self, **counts: int) -> None:
        """Count something outside of a commit; the next one writes it down."""
        self.counts.update(counts)
        self._owed.update(counts)

    def reopen(self) -> None:
        """Open the file again if it was in trouble: its disk may have gone and come back."""
        if self._in_trouble:
            self.close()
            self._open()

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _done(self, change: Change) -> None:
        self.blocks += change.blocks
        self.bytes += change.bytes
        self.counts.update(change.counts)
        self._owed.clear()
        if self._in_trouble:
            self._in_trouble = False
            log.warning("spool writes to disk again", path=str(self._path))

    def _open(self) -> None:
        try:
            private.make_folder(self._path.parent)
            private.make_file(self._path)
            self._db = spoolfile.open_file(self._path, self._max_file_bytes)
            self.blocks, self.bytes, top, counts = ledger.totals(self._db)
        except SpoolInUseError:
            raise
        except sqlite3.Error as error:
            self.close()
            self._trouble(error)
        except OSError as error:
            self._trouble(sqlite3.OperationalError(str(error)))
        else:
            self.top = max(self.top, top)
            self.counts = counts + self._owed

    def _trouble(self, error: sqlite3.Error) -> None:
        if spoolfile.is_broken(error):
            self._begin_afresh(error)
            return
        if self._db is not None and self._db.in_transaction:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        if not self._in_trouble:
            self._in_trouble = True
            log.error(
                "spool cannot write to disk: new blocks are held in memory and sent from there; "
                "a power cut would lose them",
                path=str(self._path),
                error=str(error),
            )

    def _begin_afresh(self, error: sqlite3.Error) -> None:
        self.close()
        try:
            aside = spoolfile.move_aside(self._path)
        except OSError as reason:
            self._trouble(sqlite3.OperationalError(f"damaged ({error}), and {reason}"))
            return
        log.error(
            "spool is damaged: set aside, and a fresh one begun",
            path=str(self._path),
            set_aside=str(aside),
            error=str(error),
        )
        self.count(damaged=1)
        self._open()

        def save(db: sqlite3.Connection, change: Change) -> None:
            for block in spoolfile.readable_blocks(aside):
                self.top += 1
                ledger.insert(db, encoded(self.top, block), self._clock(), change)

        self.commit(save)
        log.warning("blocks saved out of the damaged spool", blocks=self.blocks)
