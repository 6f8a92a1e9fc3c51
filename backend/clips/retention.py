"""Removes clips when their days are over, whether or not anything else happens."""

from __future__ import annotations

import threading

import structlog

from backend.clips.store import ClipStore

log = structlog.get_logger(__name__)

EVERY_S = 600.0


class Retention:
    """A thread that looks now and then. Start it once; `stop` waits for it."""

    def __init__(self, store: ClipStore, every_s: float = EVERY_S) -> None:
        self._store = store
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clip-retention", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._store.forget()
            except OSError as error:  # a folder that is away for a moment must not end this
                log.error("clips could not be removed", error=str(error))
