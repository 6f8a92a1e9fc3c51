"""The spool: what was measured and not yet acknowledged, safe from a power cut.

A block is here before it is published, and leaves only when the gateway's own acknowledgement
names it. When the disk refuses, blocks are held in memory, sent all the same, and counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from contract.ack import Ack, Held
from contract.batch import MAX_PAYLOAD_BYTES
from contract.instants import NS_PER_S, Clock, ns
from contract.message import Block
from edge import ledger, memory
from edge.disk import Disk
from edge.entry import BlockKey, Entry, encoded
from edge.ledger import Change
from edge.overflow import Overflow
from edge.remembered import Known, News

log = structlog.get_logger(__name__)

MAX_BYTES = 256_000_000
"""Of JSON. A wearer at 50 Hz makes about 60 MB a day, so this is a third of a day of twelve."""
MAX_AGE_S = 7 * 24 * 3600.0
MAX_BLOCK_BYTES = MAX_PAYLOAD_BYTES - 1000
"""With its envelope, a larger block fits in no publish that a gateway reads."""
NOTHING = News()
MAX_OWED_ACKS = 10_000
"""Acknowledgements that wait for a full disk. To forget one costs a resend, not a loss."""


@dataclass(frozen=True)
class Depth:
    """How full the spool is, and what it had to give up since it was first begun."""

    blocks: int
    bytes: int
    oldest_ns: int | None
    dropped: int
    """Sample blocks given up for want of room, or for age. Events never are."""
    set_aside: int
    """Blocks that the gateway refused, or that cannot be sent or told apart."""
    unspooled: int
    """Blocks that were held in memory alone, because the disk would not take them."""
    damaged: int
    """How often the file was found damaged and a fresh one begun."""


class Spool:
    """Unacknowledged blocks, on disk or in memory. For one thread, but for `blocks`.

    Raises
    ------
    SpoolInUseError
        Another process has this file open.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        max_bytes: int = MAX_BYTES,
        max_age_s: float = MAX_AGE_S,
        max_file_bytes: int | None = None,
    ) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_age_ns = ns(max_age_s)
        self._disk = Disk(path, clock, max_file_bytes)
        self._overflow = Overflow()
        self._owed_acks: list[Ack] = []
        self._boots: dict[str, int] = {}

    @property
    def blocks(self) -> int:
        """How many blocks wait."""
        return self._disk.blocks + len(self._overflow)

    def put(self, blocks: Iterable[Block], news: News = NOTHING) -> Sequence[Entry]:
        """Keep these in one commit, and return those that were not here already, in order.

        What is to be remembered of them (`news`) goes into the same commit.
        """
        given = [self._encoded(block) for block in blocks]
        refused = [(entry, _too_large(entry)) for entry in given if _cannot_travel(entry)]
        wanted = [entry for entry in given if not _cannot_travel(entry)]
        new: list[Entry] = []
        taken: list[tuple[Entry, str]] = []

        def keep(db: sqlite3.Connection, change: Change) -> None:
            now_ns = self._clock()
            new.clear()
            taken.clear()
            memory.save(db, news)
            for entry in self._overflow:
                ledger.insert(db, entry, now_ns, change)
            for entry in wanted:
                if ledger.insert(db, entry, now_ns, change):
                    new.append(entry)
                elif ledger.payload_of(db, entry.key) != entry.payload:
                    taken.append((entry, "its number is that of another block that still waits"))
            for entry, reason in (*refused, *taken):
                kept = entry.payload if len(entry.payload) <= MAX_BLOCK_BYTES else b""
                ledger.set_aside(db, entry.key, kept, reason, now_ns)
                change.counts["set_aside"] += 1
            excess = self._disk.bytes + change.bytes - self._max_bytes
            if excess > 0:
                change.counts["dropped"] += ledger.give_up_oldest(db, excess, change)

        if self._disk.commit(keep):
            self._overflow.clear()
        else:
            new = [entry for entry in wanted if entry.key not in self._overflow]
            taken.clear()
            dropped = self._overflow.add(new)
            self._disk.count(dropped=dropped, unspooled=len(new), set_aside=len(refused))
        for entry, reason in (*refused, *taken):
            log.error("block refused", **entry.key._asdict(), reason=reason)
        return new

    def unacknowledged(
        self, limit: int, *, after: int = 0, events_only: bool = False
    ) -> Sequence[Entry]:
        """Return what waits for an acknowledgement, oldest first, from past the id `after`."""
        held = [e for e in self._overflow if e.id > after and (e.is_event or not events_only)]
        on_disk = self._disk.read(lambda db: ledger.select(db, limit, after, events_only)) or []
        return sorted((*on_disk, *held), key=lambda entry: entry.id)[:limit]

    def acknowledge(self, *acks: Ack) -> None:
        """Forget what the gateway holds, and set aside what it refused, in one commit."""
        refused: list[tuple[BlockKey, str]] = []

        def forget(db: sqlite3.Connection, change: Change) -> None:
            refused.clear()
            for ack in (*self._owed_acks, *acks):
                for held in ack.devices:
                    for first, last in held.held:
                        ledger.delete_run(db, _key(held, first), last, change)
                    for refusal in held.refused:
                        if self._refuse(db, _key(held, refusal.seq), refusal.reason, change):
                            refused.append((_key(held, refusal.seq), refusal.reason))

        if self._disk.commit(forget):
            self._owed_acks.clear()
        else:
            self._owed_acks = [*self._owed_acks, *acks][-MAX_OWED_ACKS:]
        for ack in acks:
            for held in ack.devices:
                refused += self._forget_in_memory(held)
        for key, reason in refused:
            log.error("the gateway refused a block", **key._asdict(), reason=reason)

    def refuse(self, key: BlockKey, reason: str) -> bool:
        """Set one block aside that will never be taken; False when it is not here."""
        found: list[bool] = []
        self._disk.commit(lambda db, change: found.append(self._refuse(db, key, reason, change)))
        return bool(found and found[-1])

    def expire(self) -> None:
        """Give up samples older than the limit, and try a disk again that was in trouble."""
        self._disk.reopen()
        if self._overflow:
            self.put(())
        if self._owed_acks:
            self.acknowledge()
        limit_ns = self._clock() - self._max_age_ns

        def give_up(db: sqlite3.Connection, change: Change) -> None:
            change.counts["dropped"] += ledger.give_up_older(db, limit_ns, change)

        self._disk.commit(give_up)

    def clock_stepped(self, by_ns: int) -> None:
        """Keep ages as they were when the clock was set: a leap ahead must not empty the spool."""
        self._disk.commit(lambda db, _change: ledger.shift_ages(db, by_ns))

    def next_boot(self, device: str) -> int:
        """Return a boot number for a device that has none, never given before.

        It is at least the time in seconds, so that it is new even after the file was lost.
        """
        at_least = max(self._clock() // NS_PER_S, self._boots.get(device, -1) + 1)
        found: list[int] = []
        self._disk.commit(lambda db, _change: found.append(ledger.next_boot(db, device, at_least)))
        self._boots[device] = found[-1] if found else at_least
        return self._boots[device]

    def remembered(self) -> tuple[Known, list[str]]:
        """Return what is known of devices and deliveries of former runs."""
        return self._disk.read(memory.load) or ({}, [])

    def commands(self) -> list[str]:
        """Return the ids of commands that were carried out, the oldest first."""
        return self._disk.read(ledger.commands) or []

    def note_command(self, id: str, most: int) -> None:
        """Keep an id of a command that was carried out, and the latest `most` of all."""
        self._disk.commit(lambda db, _change: ledger.note_command(db, id, most))

    def depth(self) -> Depth:
        """Return how full it is."""
        times = [entry.t0_ns for entry in self._overflow]
        oldest_ns = self._disk.read(ledger.oldest_ns)
        counts = self._disk.counts
        return Depth(
            blocks=self.blocks,
            bytes=self._disk.bytes + self._overflow.bytes,
            oldest_ns=min((*times, *([] if oldest_ns is None else [oldest_ns])), default=None),
            dropped=counts["dropped"],
            set_aside=counts["set_aside"],
            unspooled=counts["unspooled"],
            damaged=counts["damaged"],
        )

    def close(self) -> None:
        """Let go of the file. What waits in memory alone gets one last chance to be written."""
        if self._overflow:
            self.put(())
        self._disk.close()

    def _encoded(self, block: Block) -> Entry:
        self._disk.top += 1
        return encoded(self._disk.top, block)

    def _refuse(self, db: sqlite3.Connection, key: BlockKey, reason: str, change: Change) -> bool:
        payload = ledger.payload_of(db, key)
        if payload is None:
            return False
        ledger.delete_run(db, key, key.seq, change)
        ledger.set_aside(db, key, payload, reason, self._clock())
        change.counts["set_aside"] += 1
        return True

    def _forget_in_memory(self, held: Held) -> list[tuple[BlockKey, str]]:
        refused: list[tuple[BlockKey, str]] = []
        reasons = {refusal.seq: refusal.reason for refusal in held.refused}
        for key in [e.key for e in self._overflow if e.key == _key(held, e.key.seq)]:
            if key.seq in reasons:
                refused.append((key, reasons[key.seq]))
            elif not any(first <= key.seq <= last for first, last in held.held):
                continue
            self._overflow.remove(key)
        self._disk.count(set_aside=len(refused))
        return refused


def _key(held: Held, seq: int) -> BlockKey:
    return BlockKey(held.block, held.device, held.boot, seq)


def _cannot_travel(entry: Entry) -> bool:
    return len(entry.payload) > MAX_BLOCK_BYTES


def _too_large(entry: Entry) -> str:
    return f"{len(entry.payload)} bytes; a publish carries a block of {MAX_BLOCK_BYTES} at most"
