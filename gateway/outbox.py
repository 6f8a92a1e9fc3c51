"""Detections on their way to the backend, and the evidence that follows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract.detection import Detection
from contract.instants import ns
from gateway.effects import SetAside

KEPT_NS = ns(30 * 86_400)
"""How long a settled detection is remembered, so that a copy is not taken for news."""
ASIDE_ROWS = 1_000
"""What was set aside is for an engineer, who needs examples and not all of it."""
BEFORE_NS = ns(5)
AFTER_NS = ns(15)
"""The evidence window around the onset."""
GRACE_NS = ns(60)
"""After this the window is complete without what has not come."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A detection that the backend has not confirmed."""

    n: int
    id: str
    phase: str
    device: str
    onset_ns: int
    put_ns: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Window:
    """A sensor window that is wanted, and what of it was pushed."""

    detection: str
    device: str
    onset_ns: int
    deadline_ns: int
    from_ns: int | None
    until_ns: int | None


class Outbox:
    """A queue on disk. Every method runs inside the caller's transaction, or reads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, detections: Iterable[Detection], now_ns: int) -> int:
        """Queue detections; return how many were news.

        One claim has one id, phase and time of decision, however often it is made.
        """
        before = self._connection.total_changes
        self._connection.executemany(
            "INSERT OR IGNORE INTO outbox (id, phase, decided_ns, device, onset_ns, body, put_ns)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (d.id, d.phase, d.decided_ns, d.device, d.onset_ns, body(d), now_ns)
                for d in detections
            ),
        )
        return self._connection.total_changes - before

    def set_aside(self, things: Iterable[SetAside]) -> None:
        """Keep what a detector choked on; the oldest go."""
        self._connection.executemany(
            "INSERT INTO set_aside (at_ns, device, reason, payload) VALUES (?, ?, ?, ?)",
            ((thing.at_ns, thing.device, thing.reason, thing.payload) for thing in things),
        )
        self._connection.execute(
            "DELETE FROM set_aside WHERE n <= (SELECT max(n) FROM set_aside) - ?", (ASIDE_ROWS,)
        )

    def waiting(self, step: int = 100) -> Iterator[Waiting]:
        """Yield what waits, oldest first."""
        last = 0
        while rows := self._connection.execute(
            "SELECT n, id, phase, device, onset_ns, put_ns, body FROM outbox"
            " WHERE state = 'waiting' AND n > ? ORDER BY n LIMIT ?",
            (last, step),
        ).fetchall():
            for row in rows:
                yield Waiting(*row)
            last = rows[-1][0]

    def after(self, n: int, most: int) -> tuple[list[bytes], int]:
        """Return detections put after number `n`, settled or not, and the last one's number."""
        rows = self._connection.execute(
            "SELECT n, body FROM outbox WHERE n > ? ORDER BY n LIMIT ?", (n, most)
        ).fetchall()
        return [body for _, body in rows], rows[-1][0] if rows else n

    @property
    def depth(self) -> int:
        """How many wait."""
        found = self._connection.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'")
        return int(found.fetchone()[0])

    def unclosed(self, since_ns: int) -> dict[str, int]:
        """Return each device with the earliest onset since `since_ns` that nothing has cleared."""
        rows = self._connection.execute(
            "SELECT device, min(onset_ns) FROM outbox WHERE onset_ns >= ? AND id NOT IN"
            " (SELECT id FROM outbox WHERE phase = 'clear') GROUP BY device",
            (since_ns,),
        )
        return dict(rows.fetchall())

    def delivered(self, n: int, now_ns: int) -> None:
        """Note that the backend has it."""
        self._settle(n, "delivered", now_ns, None)

    def refused(self, n: int, now_ns: int, why: str) -> None:
        """Note that the backend will never take it."""
        self._settle(n, "aside", now_ns, why)

    def forget(self, now_ns: int) -> None:
        """Remove what was settled long ago."""
        self._connection.execute(
            "DELETE FROM outbox WHERE state != 'waiting' AND settled_ns < ?", (now_ns - KEPT_NS,)
        )
        self._connection.execute(
            "DELETE FROM evidence WHERE complete AND onset_ns < ?", (now_ns - KEPT_NS,)
        )

    def want_evidence(self, detection: str, device: str, onset_ns: int, now_ns: int) -> None:
        """Ask for the sensor window around a detection, once."""
        deadline_ns = max(now_ns, onset_ns + AFTER_NS) + GRACE_NS
        self._connection.execute(
            "INSERT OR IGNORE INTO evidence (detection, device, onset_ns, deadline_ns)"
            " VALUES (?, ?, ?, ?)",
            (detection, device, onset_ns, deadline_ns),
        )

    def open_windows(self) -> list[Window]:
        """Return the windows that are not complete, newest first: somebody may be lying there."""
        rows = self._connection.execute(
            "SELECT detection, device, onset_ns, deadline_ns, from_ns, until_ns FROM evidence"
            " WHERE complete = 0 ORDER BY onset_ns DESC"
        )
        return [Window(*row) for row in rows]

    def pushed(self, detection: str, from_ns: int, until_ns: int, complete: bool) -> None:
        """Note how much of a window the backend has."""
        self._connection.execute(
            "UPDATE evidence SET from_ns = ?, until_ns = ?, complete = ? WHERE detection = ?",
            (from_ns, until_ns, complete, detection),
        )

    def close_window(self, detection: str) -> None:
        """Note that nothing more will be pushed."""
        self._connection.execute(
            "UPDATE evidence SET complete = 1 WHERE detection = ?", (detection,)
        )

    def _settle(self, n: int, state: str, now_ns: int, why: str | None) -> None:
        self._connection.execute(
            "UPDATE outbox SET state = ?, settled_ns = ?, why = ? WHERE n = ?",
            (state, now_ns, why, n),
        )


def body(detection: Detection) -> bytes:
    """Return a detection as it is posted."""
    return detection.model_dump_json(exclude_none=True).encode()
