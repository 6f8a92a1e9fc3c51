"""A deadline for a whole hand-off: from the name's look-up to the last byte of the answer.

A socket's own timeout is for one operation, and a peer that says a byte every two seconds never
reaches it. So a watch stands beside every connection and shuts it when the time is over; whoever
reads or writes then is woken.
"""

from __future__ import annotations

import heapq
import socket
import time
from contextlib import suppress
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from backend.paging.resolver import addresses

LONGEST_S = 20.0
"""No hand-off is waited for longer, whatever its channel was told."""
LEAST_S = 0.001
"""A socket's timeout of 0 would mean "do not wait at all"."""


class Deadline:
    """One hand-off's time. Use as a context manager; leaving it frees what the watch held.

    Everything that `connect` returned is shut when the time is over, whatever has been wrapped
    around it since (TLS, a file).
    """

    def __init__(self, within_s: float) -> None:
        self.within_s = min(within_s, LONGEST_S)
        self._until_s = time.monotonic() + self.within_s
        self._watched: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in self._watched:
            _WATCH.forget(number)

    @property
    def left_s(self) -> float:
        """How long there still is; never below 0."""
        return max(0.0, self._until_s - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.left_s <= 0

    def check(self) -> None:
        """Raise `TimeoutError` when the time is up."""
        if self.over:
            raise TimeoutError(f"took longer than {self.within_s:g} s")

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connection to the first of the host's addresses that answers.

        Raises
        ------
        OSError
            When none does, or the time is up.
        """
        found = addresses(host, port, self.left_s)
        failure: OSError = OSError(f"{host} has no address")
        for number, (family, address) in enumerate(found):
            self.check()
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                # One address that swallows everything leaves time for the others.
                connection.settimeout(max(LEAST_S, self.left_s / (len(found) - number)))
                connection.connect(address)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(max(LEAST_S, self.left_s))
                # A second handle on the same connection: it shuts what others have wrapped.
                handle = connection.dup()
            except OSError as error:
                connection.close()
                failure = error
                continue
            self._watched.append(_WATCH.add(handle, self._until_s))
            return connection
        self.check()
        raise failure


class _Watch:
    """One thread for every connection there is: it shuts those whose time is over."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._heap: list[tuple[float, int]] = []
        self._watched: dict[int, socket.socket] = {}
        self._number = 0
        self._thread: Thread | None = None

    def add(self, handle: socket.socket, until_s: float) -> int:
        """Shut and close a handle at that instant, unless it is forgotten before."""
        with self._changed:
            self._number += 1
            self._watched[self._number] = handle
            first = not self._heap or until_s < self._heap[0][0]
            heapq.heappush(self._heap, (until_s, self._number))
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif first:
                self._changed.notify()
            return self._number

    def forget(self, number: int) -> None:
        """Close a handle, and leave its connection alone."""
        with self._changed:
            handle = self._watched.pop(number, None)
        if handle is not None:
            handle.close()

    def _run(self) -> None:
        with self._changed:
            while True:
                while self._heap and self._heap[0][1] not in self._watched:
                    heapq.heappop(self._heap)
                if not self._heap:
                    self._changed.wait()
                    continue
                until_s, number = self._heap[0]
                left_s = until_s - time.monotonic()
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                heapq.heappop(self._heap)
                handle = self._watched.pop(number)
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)
                handle.close()


_WATCH = _Watch()
