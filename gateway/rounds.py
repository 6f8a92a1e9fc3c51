"""A thread that does its work in rounds and waits between them. Nothing but `stop` ends it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import structlog

from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")


class Rounds(ABC):
    """What the sender, the evidence, the history and the reports are.

    What they work on is on the disk, so a round that fails loses nothing: there is another.

    Parameters
    ----------
    name
        Of the thread, and in the log.
    backoff
        How long to wait after a round that raised.
    """

    def __init__(self, name: str, backoff: Backoff) -> None:
        self._backoff = backoff
        self._kicked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _round(self) -> float:
        """Do what there is to do; return how many seconds to wait for the next round."""

    @abstractmethod
    def _close(self) -> None:
        """Let go of files and connections: the last round is over."""

    def start(self) -> None:
        """Begin with what an earlier process left."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping.set()
        self._kicked.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._close()

    def kick(self) -> None:
        """Do the next round now, whatever was being waited for."""
        self._kicked.set()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._kicked.clear()
            if self._stopping.is_set():  # after the kick was cleared: `stop` sets this one first
                return
            try:
                wait_s = self._round()
            except Exception:
                # The disk in trouble, or a bug.
                log.exception("round-failed", thread=self._thread.name)
                wait_s = self._backoff.failed()
            self._kicked.wait(wait_s)
