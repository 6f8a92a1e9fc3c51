"""Blocks that the disk would not take: kept in memory, so that they are sent all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge.entry import BlockKey, Entry

MAX_SAMPLE_BYTES = 8_000_000
"""Some minutes of a site's samples. An agent has little memory, and the disk may stay full."""


class Overflow:
    """Unacknowledged blocks in memory, oldest first. Events always fit; samples are bounded."""

    def __init__(self, max_sample_bytes: int = MAX_SAMPLE_BYTES) -> None:
        self._max_sample_bytes = max_sample_bytes
        self._entries: dict[BlockKey, Entry] = {}
        self._sample_bytes = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: BlockKey) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def add(self, entries: Iterable[Entry]) -> int:
        """Keep these, and return how many samples were given up to make room, oldest first."""
        for entry in entries:
            self.remove(entry.key)
            self._entries[entry.key] = entry
            self._account(entry, 1)
        given_up = 0
        while self._sample_bytes > self._max_sample_bytes:
            self.remove(next(e.key for e in self if not e.is_event))
            given_up += 1
        return given_up

    def remove(self, key: BlockKey) -> Entry | None:
        """Forget a block, and return it if it was here."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._account(entry, -1)
        return entry

    def clear(self) -> None:
        """Forget all: it is on the disk now."""
        self._entries.clear()
        self._sample_bytes = self.bytes = 0

    def _account(self, entry: Entry, sign: int) -> None:
        size = sign * len(entry.payload)
        self.bytes += size
        if not entry.is_event:
            self._sample_bytes += size
