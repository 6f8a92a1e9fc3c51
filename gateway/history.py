"""Long-term history: a summary of every block, and every detection, in one of two stores.

The flight recorder and the outbox are the queue: on disk, bounded, and written anyway. A bookmark
says how far history has come, so a store that is away for a day costs the gateway nothing, and only
what the recorder itself gave up meanwhile is missing, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from contract.detection import Detection
from contract.site import Site
from gateway.history_file import HistoryError, HistoryFile
from gateway.ledger import Ledger
from gateway.rounds import Rounds
from gateway.summary import Summary, summarise
from gateway.tally import GatewayTally
from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

STEP = 250
"""Rows in one write: some milliseconds of work, so that detectors never wait for history."""
LOOK_S = 1.0
LONGEST_WAIT_S = 30.0
TABLE = "CREATE TABLE IF NOT EXISTS bookmark (name TEXT PRIMARY KEY, at INTEGER NOT NULL)"


class Store(Protocol):
    """Where history is kept. Rows may come twice: same measurement, device and time, same row."""

    def write(self, rows: Sequence[Summary]) -> int:
        """Keep rows, or raise `HistoryError`; return how many can never be kept."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class History(Rounds):
    """A thread that carries blocks and detections from the gateway's database into a store."""

    def __init__(self, site: Site, state_dir: Path, store: Store, tally: GatewayTally) -> None:
        super().__init__("gateway-history", Backoff(1.0, LONGEST_WAIT_S))
        self._ledger = Ledger(state_dir, site, synchronous="NORMAL")
        self._bookmarks = Bookmarks(state_dir / "history.db")
        self._store = store
        self._tally = tally

    def _close(self) -> None:
        self._store.close()
        self._bookmarks.close()
        self._ledger.close()

    def _round(self) -> float:
        """Go on where the bookmarks are."""
        try:
            more = self._carry_blocks() | self._carry_detections()
        except HistoryError as error:
            wait_s = self._backoff.failed()
            log.warning("history-not-written", reason=str(error), again_in_s=round(wait_s, 1))
            self._tally.add("history_failures")
            return wait_s
        except Exception:
            self._tally.add("history_failures")
            raise
        self._backoff.succeeded()
        return 0.02 if more else LOOK_S

    def _carry_blocks(self) -> bool:
        """Write the next blocks; return whether there may be more."""
        bookmark = self._bookmarks["block"]
        first, last = self._ledger.recorder.bounds()
        if bookmark > last:
            bookmark = 0  # another database than the bookmark was made for
        if bookmark and first > bookmark + 1:
            self._tally.add("history_lost", first - bookmark - 1)
            self._bookmarks["block"] = bookmark = first - 1
        recorded, upto = self._ledger.recorder.after(bookmark, STEP)
        if upto != bookmark:
            self._write([summarise(each.block) for each in recorded])
            self._bookmarks["block"] = upto
        return len(recorded) == STEP

    def _carry_detections(self) -> bool:
        bookmark = self._bookmarks["detection"]
        bodies, upto = self._ledger.outbox.after(bookmark, STEP)
        if bodies:
            self._write([_of_detection(Detection.model_validate_json(body)) for body in bodies])
            self._bookmarks["detection"] = upto
        return len(bodies) == STEP

    def _write(self, rows: Sequence[Summary]) -> None:
        lost = self._store.write(rows)
        self._tally.add("history_written", len(rows) - lost)
        self._tally.add("history_lost", lost)


class Bookmarks:
    """How far history has come, on disk."""

    def __init__(self, path: Path) -> None:
        self._file = HistoryFile(path, TABLE)

    def __getitem__(self, name: str) -> int:
        found = self._file.connection.execute("SELECT at FROM bookmark WHERE name = ?", (name,))
        row = found.fetchone()
        return int(row[0]) if row else 0

    def __setitem__(self, name: str, at: int) -> None:
        self._file.connection.execute("INSERT OR REPLACE INTO bookmark VALUES (?, ?)", (name, at))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _of_detection(detection: Detection) -> Summary:
    fields = {"confidence": detection.confidence, **detection.evidence}
    return Summary(
        "detection",
        detection.device,
        detection.decided_ns,
        fields,
        f"{detection.kind}/{detection.phase}",
    )
