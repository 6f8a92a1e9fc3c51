"""What has arrived and not been looked at: bounded, and fair between those who sent it."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import NamedTuple

MAX_MESSAGES = 20_000
MAX_BYTES = 128 * 1024 * 1024
"""A dozen of the 10 MB publishes that a mad device may make, or a hundred full batches."""
STRANGER = "(other)"
"""All who are in no site file share one queue: their names are theirs to invent."""


class Road(Enum):
    """How something came: what people set in the backend is believed on one of the two alone."""

    BROKER = "broker"
    BACKEND = "backend"
    """The backend's answer to a report, over HTTP."""


class InboxItem(NamedTuple):
    """One publish, and when it came."""

    topic: str
    payload: bytes
    arrived_ns: int
    road: Road = Road.BROKER


class Inbox:
    """A queue between the network's thread and the worker's, which never makes either wait long.

    Each agent has a queue of its own, and they are taken from in turn: who sends much waits for
    itself. There is one room for all. When it is full, whoever has most of it gives way to whoever
    has less, so a flood pushes nobody else out. What finds no room is not lost: nobody acknowledged
    it, so its agent sends it again.

    Parameters
    ----------
    agents
        Who has a queue of their own; everybody when None.
    gives_way
        Called for each that had been taken in, and gave way to somebody who had less.
    """

    def __init__(
        self,
        max_messages: int = MAX_MESSAGES,
        max_bytes: int = MAX_BYTES,
        agents: Collection[str] | None = None,
        gives_way: Callable[[], None] = lambda: None,
    ) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._agents = None if agents is None else frozenset(agents)
        self._queues: dict[str, _Queue] = {}
        """Of whom something waits, in the order in which they are taken from."""
        self._count = 0
        self._bytes = 0
        self._taken = 0
        self._gives_way = gives_way
        self._dropped: Counter[str] = Counter()
        self._closed = False
        self._changed = threading.Condition()

    def offer(self, arrival: InboxItem) -> bool:
        """Queue a publish, or return False when there is no room for its sender's."""
        name = self._sender(arrival.topic)
        size = len(arrival.payload)
        with self._changed:
            queue = self._queues.get(name) or _Queue()
            if self._closed or not self._make_room(name, queue, size):
                self._dropped[name] += not self._closed
                return False
            self._queues[name] = queue
            queue.waiting.append(arrival)
            queue.bytes += size
            self._count += 1
            self._bytes += size
            self._changed.notify()
            return True

    def take(self, most: int, timeout_s: float) -> list[InboxItem]:
        """Return what waits, at most `most`, one of each sender in turn; else nothing."""
        with self._changed:
            if not self._count:
                self._changed.wait(timeout_s)
            taken: list[InboxItem] = []
            while self._queues and len(taken) < most:
                name = next(iter(self._queues))
                queue = self._queues.pop(name)
                taken.append(queue.waiting.popleft())
                queue.bytes -= len(taken[-1].payload)
                if queue.waiting:
                    self._queues[name] = queue  # to the end of the line
            self._count -= len(taken)
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
            return self._count + self._taken

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many found no room or gave way, by agent."""
        with self._changed:
            return dict(self._dropped)

    def _sender(self, topic: str) -> str:
        parts = topic.split("/", 4)
        name = parts[3] if len(parts) == 5 else STRANGER
        return name if self._agents is None or name in self._agents else STRANGER

    def _make_room(self, name: str, queue: _Queue, size: int) -> bool:
        """Take the newest of the fullest away, as long as they have more than the new one's."""
        if size > self._max_bytes:
            return False
        while self._count >= self._max_messages or self._bytes + size > self._max_bytes:
            by_bytes = self._count < self._max_messages
            fullest = max(self._queues, key=lambda each: self._queues[each].measure(by_bytes))
            theirs = self._queues[fullest]
            ours = queue.bytes + size if by_bytes else len(queue.waiting) + 1
            if fullest == name or theirs.measure(by_bytes) <= ours:
                return False
            gone = len(theirs.waiting.pop().payload)
            theirs.bytes -= gone
            self._bytes -= gone
            self._count -= 1
            self._gives_way()
            self._dropped[fullest] += 1
            if not theirs.waiting:
                del self._queues[fullest]
        return True


class _Queue:
    """What waits of one sender."""

    def __init__(self) -> None:
        self.waiting: deque[InboxItem] = deque()
        self.bytes = 0

    def measure(self, by_bytes: bool) -> int:
        return self.bytes if by_bytes else len(self.waiting)
