"""The SQL of the spool, one function a statement's worth. Each runs inside the caller's commit."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from edge.entry import BlockKey, Entry

MAX_SET_ASIDE = 1000
"""Refused blocks that are kept for somebody to look at; older ones make room."""
_COLUMNS = "id, kind, device, boot, seq, t0_ns, is_event, payload"
_KEY = "kind = ? AND device = ? AND boot = ? AND seq"


@dataclass
class Change:
    """What a commit does to the figures that the spool keeps in memory."""

    blocks: int = 0
    bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def insert(db: sqlite3.Connection, entry: Entry, spooled_ns: int, change: Change) -> bool:
    """Add a block; False if one of this identity is there already."""
    row = (entry.id, *entry.key, entry.t0_ns, entry.is_event, spooled_ns, len(entry.payload))
    done = db.execute(
        "INSERT INTO block (id, kind, device, boot, seq, t0_ns, is_event, spooled_ns, bytes, "
        "payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (kind, device, boot, seq) DO NOTHING",
        (*row, entry.payload),
    )
    if done.rowcount < 1:
        return False
    change.blocks += 1
    change.bytes += len(entry.payload)
    return True


def select(db: sqlite3.Connection, limit: int, after: int, events_only: bool) -> list[Entry]:
    """Return spooled blocks in the order of arrival."""
    only = "is_event = 1 AND " if events_only else ""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM block WHERE {only}id > ? ORDER BY id LIMIT ?", (after, limit)
    )
    return [
        Entry(id, BlockKey(kind, device, boot, seq), t0_ns, bool(is_event), bytes(payload))
        for id, kind, device, boot, seq, t0_ns, is_event, payload in rows
    ]


def delete_run(db: sqlite3.Connection, first: BlockKey, last_seq: int, change: Change) -> int:
    """Delete the blocks of one device and boot from `first` to `last_seq`, both included."""
    where = f"{_KEY} BETWEEN ? AND ?"
    return _delete(db, where, (*first, last_seq), change)


def give_up_oldest(db: sqlite3.Connection, excess_bytes: int, change: Change) -> int:
    """Delete samples, oldest first, until so many bytes are free or only events are left."""
    freed = 0
    last: int | None = None
    for id, size in db.execute("SELECT id, bytes FROM block WHERE is_event = 0 ORDER BY id"):
        if freed >= excess_bytes:
            break
        freed += size
        last = id
    return 0 if last is None else _delete(db, "is_event = 0 AND id <= ?", (last,), change)


def give_up_older(db: sqlite3.Connection, than_ns: int, change: Change) -> int:
    """Delete the samples that were spooled before an instant."""
    oldest = db.execute(
        "SELECT spooled_ns FROM block WHERE is_event = 0 ORDER BY id LIMIT 1"
    ).fetchone()
    if oldest is None or oldest[0] >= than_ns:
        return 0
    return _delete(db, "is_event = 0 AND spooled_ns < ?", (than_ns,), change)


def set_aside(
    db: sqlite3.Connection, key: BlockKey, payload: bytes, reason: str, at_ns: int
) -> None:
    """Keep a block that will never be taken, for somebody to look at."""
    db.execute(
        "INSERT INTO set_aside (kind, device, boot, seq, reason, at_ns, payload) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*key, reason, at_ns, payload),
    )
    db.execute(
        "DELETE FROM set_aside WHERE id <= (SELECT MAX(id) FROM set_aside) - ?", (MAX_SET_ASIDE,)
    )


def payload_of(db: sqlite3.Connection, key: BlockKey) -> bytes | None:
    """Return the JSON of one spooled block."""
    row = db.execute(f"SELECT payload FROM block WHERE {_KEY} = ?", key).fetchone()
    return None if row is None else bytes(row[0])


def next_boot(db: sqlite3.Connection, device: str, at_least: int) -> int:
    """Return a boot number that this file has never given to this device, and remember it."""
    row = db.execute(
        "INSERT INTO boot (device, value) VALUES (?, ?) "
        "ON CONFLICT (device) DO UPDATE SET value = MAX(value + 1, excluded.value) "
        "RETURNING value",
        (device, at_least),
    ).fetchone()
    return int(row[0])


def commands(db: sqlite3.Connection) -> list[str]:
    """Return the ids of commands that were carried out, the oldest first."""
    return [id for (id,) in db.execute("SELECT id FROM command ORDER BY n")]


def note_command(db: sqlite3.Connection, id: str, most: int) -> None:
    """Keep an id of a command, and the latest `most` of all."""
    db.execute("INSERT OR IGNORE INTO command (id) VALUES (?)", (id,))
    db.execute("DELETE FROM command WHERE n <= (SELECT MAX(n) FROM command) - ?", (most,))


def add_counts(db: sqlite3.Connection, counts: Counter[str]) -> None:
    """Add to the counters that outlive a restart."""
    db.executemany(
        "INSERT INTO counter (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, value) for name, value in counts.items() if value],
    )


def totals(db: sqlite3.Connection) -> tuple[int, int, int, Counter[str]]:
    """Return the number of blocks, their bytes, the highest id, and the counters."""
    blocks, size, top = db.execute("SELECT COUNT(*), TOTAL(bytes), MAX(id) FROM block").fetchone()
    counts = Counter(dict(db.execute("SELECT name, value FROM counter")))
    return blocks, int(size), top or 0, counts


def oldest_ns(db: sqlite3.Connection) -> int | None:
    """Return when the oldest spooled block was measured."""
    row = db.execute("SELECT t0_ns FROM block ORDER BY id LIMIT 1").fetchone()
    return None if row is None else row[0]


def shift_ages(db: sqlite3.Connection, by_ns: int) -> None:
    """Move the times of spooling with a clock that was set, so that ages stay what they were."""
    db.execute("UPDATE block SET spooled_ns = spooled_ns + ?", (by_ns,))


def _delete(db: sqlite3.Connection, where: str, given: tuple[object, ...], change: Change) -> int:
    blocks, size = db.execute(
        f"SELECT COUNT(*), TOTAL(bytes) FROM block WHERE {where}", given
    ).fetchone()
    if blocks:
        db.execute(f"DELETE FROM block WHERE {where}", given)
        change.blocks -= blocks
        change.bytes -= int(size)
    return int(blocks)
