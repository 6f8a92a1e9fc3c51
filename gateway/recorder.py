"""The flight recorder: every block as it came, for as long as the site file says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

import structlog
from pydantic import ValidationError

from contract.batch import explain, parse_block
from contract.imu import MAX_BLOCK_S, ImuBlock
from contract.instants import ns
from contract.message import Block
from gateway.database import transaction
from gateway.effects import Identity, Record
from gateway.forgotten import Forgotten

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

STEP = 64
"""A trim may always remove so many blocks."""
NEWEST = 20_000
"""Blocks in which each device's newest is looked for, by arrival."""
SPARED_NS = ns(3600)
"""With the disk full the oldest blocks go, but none so young: incidents need them."""

_INSERT = """
INSERT OR IGNORE INTO block
  (device, message, boot, seq, agent, t0_ns, end_ns, arrived_ns, late, signed, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


_READ = "SELECT id, arrived_ns, late, payload, agent FROM block"


class RecordedBlock(NamedTuple):
    """A block that was read back."""

    id: int
    arrived_ns: int
    late: bool
    block: Block
    agent: str = ""
    """Who brought it: its author."""


class FlightRecorder:
    """Blocks by (device, message, boot, seq, agent): a later copy changes nothing.

    Bounded by hours and by bytes, oldest first. `write` and `trim` belong to one thread; the
    reading side may have a recorder of its own over another connection.
    """

    def __init__(self, connection: sqlite3.Connection, *, keep_ns: int, max_bytes: int) -> None:
        self._connection = connection
        self._keep_ns = keep_ns
        self._max_bytes = max_bytes
        self._written = 0
        self._forgotten = Forgotten(connection)

    def write(self, records: Iterable[Record]) -> int:
        """Write blocks inside the caller's transaction; return how many were new."""
        before = self._connection.total_changes
        self._connection.executemany(_INSERT, map(_row, records))
        new = self._connection.total_changes - before
        self._written += new
        return new

    def trim(self, now_ns: int) -> int:
        """Remove the oldest blocks that are past the bounds; return how many.

        At most about twice as many as came in since the last trim: that keeps up with any inflow,
        takes no long breath, and a clock that jumps ahead cannot empty the recorder at once.
        """
        most = max(STEP, 2 * self._written)
        self._written = 0
        over_bytes = self.bytes_used - self._max_bytes
        oldest = self._connection.execute(
            "SELECT id, arrived_ns, length(payload) FROM block"
            " WHERE id < (SELECT max(id) FROM block) ORDER BY id LIMIT ?",
            (most,),
        ).fetchall()
        last_id = None
        count = freed = 0
        for id_, arrived_ns, size in oldest:
            if arrived_ns >= now_ns - self._keep_ns and freed >= over_bytes:
                break
            last_id, count, freed = id_, count + 1, freed + size
        if last_id is not None:
            with transaction(self._connection):
                self._forgotten.note("id <= ?", (last_id,))
                self._connection.execute("DELETE FROM block WHERE id <= ?", (last_id,))
        return count

    def give_up(self, now_ns: int, most: int = 1024) -> int:
        """Make room inside the file: remove the oldest blocks, sparing the last hour's."""
        with transaction(self._connection):
            which = (
                "id IN (SELECT id FROM block ORDER BY id LIMIT ?)"
                " AND arrived_ns < ? AND id < (SELECT max(id) FROM block)"
            )
            given = (most, now_ns - SPARED_NS)
            # The file has no room for a note of them: the room that they leave comes first.
            gone = self._forgotten.runs(which, given)
            cursor = self._connection.execute(f"DELETE FROM block WHERE {which}", given)
            self._forgotten.keep(gone)
        return cursor.rowcount

    @property
    def bytes_used(self) -> int:
        """What the file holds, without the pages that are free for new blocks."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def __contains__(self, identity: Identity) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM block WHERE device = ? AND message = ? AND boot = ? AND seq = ?"
            " AND agent = ?",
            identity.key,
        )
        return found.fetchone() is not None

    def had(self, identity: Identity) -> bool:
        """Whether a block is recorded, or was, before it was trimmed; False if the disk fails."""
        try:
            return identity in self or self._forgotten.has(identity)
        except sqlite3.Error as error:
            log.warning("not-looked-up", device=identity.device, reason=str(error))
            return False

    def latest(self, most: int) -> Iterator[Identity]:
        """Yield the latest `most` blocks of each device, kind and boot, oldest first."""
        for device, message, boot in self._keys():
            rows = self._connection.execute(
                "SELECT agent, seq FROM block WHERE device = ? AND message = ? AND boot = ?"
                " ORDER BY seq DESC LIMIT ?",
                (device, message, boot, most),
            ).fetchall()
            for agent, seq in reversed(rows):
                yield Identity(agent, message, device, boot, seq)

    def tail(
        self, span_ns: Callable[[str], int], from_ns: Mapping[str, int], after_id: int | None = None
    ) -> list[int]:
        """Return the numbers of each device's last blocks, in the order of arrival.

        Parameters
        ----------
        span_ns
            By message, how much of it.
        from_ns
            A device that is in here is read from there, if that is earlier.
        after_id
            Whatever came after this block is wanted, too.
        """
        ids: set[int] = set()
        # By arrival: one block of a clock that was years ahead must not hide all that came later.
        newest = dict(
            self._connection.execute(
                "SELECT device, max(t0_ns) FROM"
                " (SELECT device, t0_ns FROM block ORDER BY id DESC LIMIT ?) GROUP BY device",
                (NEWEST,),
            )
        )
        for device, messages in groupby(self._keys(), key=lambda key: key[0]):
            last_ns = newest.get(device) or self._last_ns(device)
            for message in {message for _, message, _ in messages}:
                start_ns = min(last_ns - span_ns(message), from_ns.get(device, last_ns))
                found = self._connection.execute(
                    "SELECT id FROM block WHERE device = ? AND t0_ns >= ? AND message = ?",
                    (device, start_ns, message),
                )
                ids.update(id_ for (id_,) in found)
        if after_id is not None:
            found = self._connection.execute("SELECT id FROM block WHERE id > ?", (after_id,))
            ids.update(id_ for (id_,) in found)
        return sorted(ids)

    def _last_ns(self, device: str) -> int:
        """Return the latest instant of a device of which nothing has come for long."""
        found = self._connection.execute("SELECT max(t0_ns) FROM block WHERE device = ?", (device,))
        return int(found.fetchone()[0])

    def read(self, ids: Iterable[int]) -> Iterator[RecordedBlock]:
        """Yield these blocks; what cannot be read any more is passed over."""
        for id_ in ids:
            row = self._connection.execute(f"{_READ} WHERE id = ?", (id_,)).fetchone()
            yield from _readable(row)

    def after(self, id_: int, most: int) -> tuple[list[RecordedBlock], int]:
        """Return blocks written after block `id_`, and the number of the last one looked at."""
        rows = self._connection.execute(
            f"{_READ} WHERE id > ? ORDER BY id LIMIT ?",
            (id_, most),
        ).fetchall()
        read = [recorded for row in rows for recorded in _readable(row)]
        return read, rows[-1][0] if rows else id_

    def bounds(self) -> tuple[int, int]:
        """Return the first and last block's number, or (0, 0)."""
        first, last = self._connection.execute("SELECT min(id), max(id) FROM block").fetchone()
        return first or 0, last or 0

    def cut(self, device: str, from_ns: int, to_ns: int) -> list[ImuBlock]:
        """Return the accelerometer blocks of a device that reach into a window, by time."""
        rows = self._connection.execute(
            f"{_READ} WHERE device = ? AND message = 'imu/1'"
            " AND t0_ns BETWEEN ? AND ? AND end_ns >= ? ORDER BY t0_ns, id",
            (device, from_ns - ns(MAX_BLOCK_S), to_ns, from_ns),
        )
        read = (recorded.block for row in rows for recorded in _readable(row))
        return [block for block in read if isinstance(block, ImuBlock)]

    def blocks_in(self, device: str, from_ns: int, to_ns: int) -> int:
        """Return how many blocks of a device begin in a window: one look into the index."""
        found = self._connection.execute(
            "SELECT count(*) FROM block WHERE device = ? AND t0_ns BETWEEN ? AND ?",
            (device, from_ns - ns(MAX_BLOCK_S), to_ns),
        )
        return int(found.fetchone()[0])

    def reaches_ns(self, device: str, to_ns: int) -> int:
        """Return the end of a device's last block that begins by an instant; 0 without any."""
        found = self._connection.execute(
            "SELECT end_ns FROM block WHERE device = ? AND t0_ns <= ? ORDER BY t0_ns DESC LIMIT 1",
            (device, to_ns),
        ).fetchone()
        return 0 if found is None else int(found[0])

    def agent_of(self, device: str) -> str | None:
        """Return the agent that last brought a block of a device."""
        found = self._connection.execute(
            "SELECT agent FROM block WHERE device = ? ORDER BY t0_ns DESC LIMIT 1", (device,)
        ).fetchone()
        return None if found is None else str(found[0])

    def _keys(self) -> Iterator[tuple[str, str, int]]:
        # One look into the index for each key: `SELECT DISTINCT` would walk through every block.
        key: tuple[str, str, int] = ("", "", -1)
        while True:
            found = self._connection.execute(
                "SELECT device, message, boot FROM block WHERE (device, message, boot) > (?, ?, ?)"
                " ORDER BY device, message, boot LIMIT 1",
                key,
            ).fetchone()
            if found is None:
                return
            key = found
            yield key


def _row(record: Record) -> tuple[object, ...]:
    return (
        *record.identity.key,
        record.t0_ns,
        record.end_ns,
        record.arrived_ns,
        record.late,
        record.signed,
        record.payload,
    )


def _readable(row: tuple[int, int, int, bytes, str]) -> Iterator[RecordedBlock]:
    """Yield a block, unless an older release wrote what this one cannot read."""
    id_, arrived_ns, late, payload, agent = row
    try:
        block = parse_block(payload)
    except ValidationError as error:
        log.warning("recorded-block-unreadable", block=id_, reason=explain(error))
    else:
        yield RecordedBlock(id_, arrived_ns, bool(late), block, agent)
