"""A source that keeps one line to a reader open, and dials again for ever when it breaks."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod

import structlog

from edge.errors import EdgeError
from edge.sensor import Emit, LoopSource, Refuse
from host.backoff import Backoff

log = structlog.get_logger(__name__)

FIRST_WAIT_S = 1.0
MAX_WAIT_S = 30.0


class LineLostError(EdgeError):
    """The line to a reader could not be opened, or broke. It is dialled again."""


class Redial(LoopSource):
    """Talks to one reader. Waits longer after each failure, and a second again after a success."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._is_up = threading.Event()

    @property
    def is_up(self) -> bool:
        """Whether the reader has taken us in."""
        return self._is_up.is_set()

    @abstractmethod
    def talk(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Open the line, call `took_us_in`, and emit what comes until `stopping` is set.

        Raises
        ------
        LineLostError
            When the reader cannot be reached, or not any longer.
        """

    def took_us_in(self) -> None:
        """Note that the reader answers."""
        self._is_up.set()
        log.info("connected to a reader", reader=self._address)

    def run(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Talk, and talk again."""
        backoff = Backoff(FIRST_WAIT_S, MAX_WAIT_S)
        while not stopping.is_set():
            began_s = time.monotonic()
            try:
                self.talk(emit, refuse, stopping)
                told = "it ended the line"
            except LineLostError as error:
                told = str(error)
            finally:
                was_up = self._is_up.is_set()
                self._is_up.clear()
            if stopping.is_set():
                return
            if was_up and time.monotonic() - began_s > MAX_WAIT_S:
                backoff.succeeded()
            pause_s = backoff.failed()
            log.warning("no line to a reader", reader=self._address, why=told, again_s=pause_s)
            stopping.wait(pause_s)
