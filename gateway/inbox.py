"""What has arrived and not been looked at: bounded in messages and in bytes."""

from __future__ import annotations

import threading
from collections import deque
from enum import Enum
from typing import NamedTuple

MAX_MESSAGES = 20_000
MAX_BYTES = 128 * 1024 * 1024
"""A dozen of the 10 MB publishes that a mad device may make, or a hundred full batches."""


class Road(Enum):
    """How something came: what people set in the backend is believed on one of the two alone."""

    BROKER = "broker"
    BACKEND = "backend"
    """In the backend's answer to a report, over HTTP."""


class Arrival(NamedTuple):
    """One publish, and when it came."""

    topic: str
    payload: bytes
    arrived_ns: int
    road: Road = Road.BROKER


class Inbox:
    """A queue between the network's thread and the worker's, which never makes either wait long."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: deque[Arrival] = deque()
        self._bytes = 0
        self._taken = 0
        self._closed = False
        self._changed = threading.Condition()

    def offer(self, arrival: Arrival) -> bool:
        """Queue a publish, or return False when there is no room.

        What finds no room is not lost: nobody acknowledged it, so its agent sends it again.
        """
        with self._changed:
            full = len(self._waiting) >= self._max_messages
            if self._closed or full or self._bytes + len(arrival.payload) > self._max_bytes:
                return False
            self._waiting.append(arrival)
            self._bytes += len(arrival.payload)
            self._changed.notify()
            return True

    def take(self, most: int, timeout_s: float) -> list[Arrival]:
        """Return what waits, at most `most`, as soon as there is something; else nothing."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(timeout_s)
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._bytes -= sum(len(arrival.payload) for arrival in taken)
            self._taken += len(taken)
            return taken

    def settle(self, count: int) -> None:
        """Say that so many of those taken are dealt with."""
        with self._changed:
            self._taken -= count

    def close(self) -> None:
        """Take in nothing more. What waits may still be taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wake(self) -> None:
        """Let a `take` that waits return with nothing."""
        with self._changed:
            self._changed.notify_all()

    @property
    def depth(self) -> int:
        """How many wait or are being dealt with."""
        with self._changed:
            return len(self._waiting) + self._taken
