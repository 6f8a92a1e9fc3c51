"""What the agent's one thread has to deal with, in order of arrival."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.ack import Ack
from contract.command import Command
from contract.message import Block
from edge.way import Way

MAX_WAITING_BLOCKS = 5000
"""More than this and a driver waits: its own broker holds the rest while the disk catches up."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A block from a driver."""

    block: Block
    way: Way
    """How it came: the agent gives boot and seq where its device counts nothing."""
    settled: Callable[[], None] | None
    """Called once the block is safe, or refused: the device need not keep it any longer."""
    arrived_ns: int = 0
    """By the agent's clock."""


@dataclass(frozen=True, slots=True)
class Time:
    """A replay says what time it is."""

    at_ns: int


class Connected:
    """The line to the broker came up."""


Item = Offer | Time | Connected | Ack | Command


class Inbox:
    """A queue whose producers wait when the blocks in it are too many."""

    def __init__(self, max_blocks: int = MAX_WAITING_BLOCKS) -> None:
        self._max_blocks = max_blocks
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._unsettled = 0
        self._closed = False

    @property
    def unsettled(self) -> int:
        """How many blocks and ticks are not dealt with yet, those just taken included."""
        return self._unsettled

    def put(self, item: Item) -> bool:
        """Add an item, a block only once there is room; False when the agent is stopping."""
        counts = isinstance(item, Offer | Time)
        with self._changed:
            while counts and self._unsettled >= self._max_blocks and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self._unsettled += counts
            self._items.append(item)
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> Sequence[Item] | None:
        """Return all that is here, waiting a while for something; None once closed and empty."""
        with self._changed:
            if not self._items and not self._closed:
                self._changed.wait(timeout_s)
            items = tuple(self._items)
            self._items.clear()
            return None if self._closed and not items else items

    def settle(self, count: int) -> None:
        """Say that so many blocks or ticks have been dealt with."""
        with self._changed:
            self._unsettled -= count
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing more; what is here is still handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
