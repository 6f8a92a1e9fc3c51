"""The last minutes of one camera as it sent them, in memory: bounded in time and in bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contract.instants import ns


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of encoded pictures that can be decoded on its own."""

    from_ns: int
    to_ns: int
    data: bytes
    format: Literal["matroska", "jpeg"]


class Ring:
    """Any thread may add, and cut."""

    def __init__(self, keep_s: float, max_bytes: int) -> None:
        self._keep_ns = ns(keep_s)
        self._max_bytes = max_bytes
        self._segments: deque[Segment] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How many bytes are kept."""
        return self._bytes

    def add(self, segment: Segment) -> None:
        """Keep a segment, and let go of what is too old or too much."""
        with self._lock:
            self._segments.append(segment)
            self._bytes += len(segment.data)
            oldest_ns = segment.to_ns - self._keep_ns
            while self._segments and (
                self._segments[0].to_ns < oldest_ns or self._bytes > self._max_bytes
            ):
                self._bytes -= len(self._segments.popleft().data)

    def cut(self, from_ns: int, to_ns: int) -> Sequence[Segment]:
        """Return the segments that have a part in this time, oldest first."""
        with self._lock:
            return [s for s in self._segments if s.to_ns >= from_ns and s.from_ns <= to_ns]
