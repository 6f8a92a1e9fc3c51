"""Confirms a broker's messages in the order they came, once what they carried is safe.

A PUBACK out of turn has made a broker disconnect its client and lose the oldest message.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from edge.connection import Received


@dataclass(slots=True)
class _Waiting:
    message: Received
    parts: int


class Confirmations:
    """The messages that are not confirmed yet, oldest first."""

    def __init__(self, confirm: Callable[[Received], None]) -> None:
        self._confirm = confirm
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()

    def expect(self, message: Received, parts: int) -> Callable[[], None]:
        """Note a message, and return what to call for each of its parts once that is settled."""
        waiting = _Waiting(message, parts)
        with self._lock:
            self._waiting.append(waiting)
            self._confirm_settled()

        def settled() -> None:
            with self._lock:
                waiting.parts -= 1
                self._confirm_settled()

        return settled

    def _confirm_settled(self) -> None:
        while self._waiting and self._waiting[0].parts <= 0:
            self._confirm(self._waiting.popleft().message)
