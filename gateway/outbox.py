"""Detections on their way to the backend, and the evidence that follows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from contract.detection import Detection
from contract.instants import ns
from gateway.effects import SetAside
from gateway.folding import FOLD_NS, body, rank_of, says, told_again, whom_of

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
class WaitingDetection:
    """A detection that the backend has not confirmed."""

    n: int
    id: str
    phase: str
    device: str
    whom: str
    """The person, or the device that nobody wears: whose turn it is."""
    rank: int
    """1 for SEV1, and so on."""
    onset_ns: int
    put_ns: int
    times: int = 1
    """How often it was said until it was read: equal claims are folded into one."""
    repeats: int = 0
    """1 if it only says again what was said just before: it may be held back a little."""
    body: bytes | None = None
    """The detection itself, where it is nowhere but in memory."""


@dataclass(frozen=True, slots=True)
class Window:
    """A sensor window that is wanted, and what of it was pushed."""

    detection: str
    device: str
    onset_ns: int
    deadline_ns: int
    from_ns: int | None
    until_ns: int | None


class Claimed(NamedTuple):
    """What a device's claim was, and whether it was told that it is over."""

    device: str
    kind: str
    onset_ns: int
    cleared: bool


class Put(NamedTuple):
    """What became of some detections."""

    new: int
    folded: int


class Outbox:
    """A queue on disk. Every method runs inside the caller's transaction, or reads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, detections: Iterable[Detection], now_ns: int) -> Put:
        """Queue detections; return how many were news, and how many were folded.

        One claim has one id, phase and time of decision, however often it is made. What an
        emergency's last claim said already, in everything that a tier hangs on, is folded into it
        while it waits; if it has gone, the first to say it again waits for the others.
        """
        new = folded = 0
        for d in detections:
            key = (d.id, d.phase, d.decided_ns)
            if self._is_known(key):
                continue
            said, whom = says(d), whom_of(d)
            last = self._last_of(whom) if said else None
            repeats = (
                last is not None
                and last.says == said
                and abs(d.onset_ns - last.onset_ns) <= FOLD_NS
            )
            if last is not None and repeats and last.state == "waiting":
                self._fold(last.n, key, now_ns)
                folded += 1
            else:
                self._insert(d, said, whom, now_ns, repeats=repeats)
                new += 1
        return Put(new, folded)

    def put_unreadable(self, stand_in: Detection, now_ns: int) -> None:
        """Queue what stands for a detection that was refused: one claim a device and hour.

        The first goes at once. Later ones are updates, and folded into one that waits.
        """
        known = self._connection.execute(
            "SELECT n, state, decided_ns FROM outbox WHERE id = ? ORDER BY n DESC LIMIT 1",
            (stand_in.id,),
        ).fetchone()
        if known is None:
            self._insert(stand_in, None, whom_of(stand_in), now_ns, repeats=False)
            return
        n, state, decided_ns = known
        later_ns = max(stand_in.decided_ns, decided_ns + 1)
        if state == "waiting":
            self._fold(n, (stand_in.id, stand_in.phase, later_ns), now_ns)
            return
        update = stand_in.model_copy(update={"phase": "update", "decided_ns": later_ns})
        self._insert(update, None, whom_of(stand_in), now_ns, repeats=True)

    def set_aside(self, things: Iterable[SetAside]) -> None:
        """Keep what a detector choked on; the oldest go."""
        self._connection.executemany(
            "INSERT INTO set_aside (at_ns, device, reason, payload) VALUES (?, ?, ?, ?)",
            ((thing.at_ns, thing.device, thing.reason, thing.payload) for thing in things),
        )
        self._connection.execute(
            "DELETE FROM set_aside WHERE n <= (SELECT max(n) FROM set_aside) - ?", (ASIDE_ROWS,)
        )

    def waiting(
        self, after_n: int = 0, whom: str | None = None, most: int = -1
    ) -> list[WaitingDetection]:
        """Return what waits and was put after number `after_n`, oldest first."""
        of_whom = "" if whom is None else " AND whom = :whom"
        rows = self._connection.execute(
            "SELECT n, id, phase, device, whom, rank, onset_ns, put_ns, times, repeats FROM outbox"
            f" WHERE state = 'waiting' AND n > :n{of_whom} ORDER BY n LIMIT :most",
            {"n": after_n, "whom": whom, "most": most},
        )
        return [WaitingDetection(*row) for row in rows]

    def body(self, n: int) -> tuple[bytes, int] | None:
        """Return a detection that still waits as it is posted now, and how often it was said."""
        row = self._connection.execute(
            "SELECT body, times, last_ns FROM outbox WHERE n = ? AND state = 'waiting'", (n,)
        ).fetchone()
        if row is None:
            return None
        told, times, last_ns = row
        return (told if times == 1 else told_again(told, times, last_ns)), times

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

    def claims(self, since_ns: int) -> list[Claimed]:
        """Return every claim whose onset is not before `since_ns`."""
        rows = self._connection.execute(
            "SELECT device, json_extract(CAST(body AS TEXT), '$.kind'), min(onset_ns),"
            " max(phase = 'clear') FROM outbox WHERE onset_ns >= ? GROUP BY id",
            (since_ns,),
        )
        return [Claimed(device, kind, at_ns, bool(over)) for device, kind, at_ns, over in rows]

    def delivered(self, n: int, times: int, now_ns: int) -> bool:
        """Note that the backend has it; return False if it was said again on its way.

        Then it waits on, to be told once more with the new count.
        """
        return self._settle(n, times, "delivered", now_ns, None)

    def refused(self, n: int, now_ns: int, why: str) -> None:
        """Note that the backend will never take it."""
        self._settle(n, None, "aside", now_ns, why)

    def forget(self, now_ns: int) -> None:
        """Remove what was settled long ago."""
        self._connection.execute(
            "DELETE FROM outbox WHERE state != 'waiting' AND settled_ns < ?", (now_ns - KEPT_NS,)
        )
        self._connection.execute(
            "DELETE FROM evidence WHERE complete AND onset_ns < ?", (now_ns - KEPT_NS,)
        )
        self._connection.execute("DELETE FROM folded WHERE at_ns < ?", (now_ns - KEPT_NS,))

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

    def _settle(self, n: int, times: int | None, state: str, now_ns: int, why: str | None) -> bool:
        changed = self._connection.execute(
            "UPDATE outbox SET state = :state, settled_ns = :now, why = :why"
            " WHERE n = :n AND coalesce(times = :times, 1)",
            {"n": n, "times": times, "state": state, "now": now_ns, "why": why},
        )
        return changed.rowcount > 0

    def _insert(
        self, d: Detection, said: str | None, whom: str, now_ns: int, *, repeats: bool
    ) -> None:
        self._connection.execute(
            "INSERT INTO outbox (id, phase, decided_ns, device, onset_ns, body, put_ns, rank, says,"
            " whom, repeats) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(d.id, d.phase, d.decided_ns, d.device, d.onset_ns, body(d), now_ns),
                *(rank_of(d), said, whom, repeats),
            ),
        )

    def _fold(self, n: int, key: tuple[str, str, int], now_ns: int) -> None:
        self._connection.execute("INSERT OR IGNORE INTO folded VALUES (?, ?, ?, ?)", (*key, now_ns))
        self._connection.execute(
            "UPDATE outbox SET times = times + 1, last_ns = max(coalesce(last_ns, 0), ?)"
            " WHERE n = ?",
            (key[2], n),
        )

    def _is_known(self, key: tuple[str, str, int]) -> bool:
        where = "WHERE id = ?1 AND phase = ?2 AND decided_ns = ?3"
        found = self._connection.execute(
            f"SELECT 1 FROM outbox {where} UNION ALL SELECT 1 FROM folded {where} LIMIT 1", key
        )
        return found.fetchone() is not None

    def _last_of(self, whom: str) -> _Last | None:
        """Return what was claimed last about somebody, stand-ins for the unreadable aside."""
        row = self._connection.execute(
            "SELECT n, state, onset_ns, says FROM outbox WHERE whom = ? AND says IS NOT NULL"
            " ORDER BY n DESC LIMIT 1",
            (whom,),
        ).fetchone()
        return None if row is None else _Last(*row)


class _Last(NamedTuple):
    n: int
    state: str
    onset_ns: int
    says: str
