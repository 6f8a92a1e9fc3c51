"""Looks at the database's clock every second, on a thread of its own."""

from __future__ import annotations

from threading import Event, Thread

import structlog

from backend.database.time_base import TimeBase
from backend.errors import DatabaseStateError

log = structlog.get_logger(__name__)

LOOK_S = 1.0


class TimeWatch:
    """Runs until it is stopped, whatever a look meets: the reckoning goes on without a look."""

    def __init__(self, base: TimeBase) -> None:
        self._base = base
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="time-watch", daemon=True)

    def start(self) -> None:
        """Look every second from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self._base.look()
            except DatabaseStateError as error:
                log.warning("the database's clock could not be asked", error=error.detail)
            except Exception:
                log.exception("a look at the database's clock failed")
