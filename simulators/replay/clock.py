"""The recording's own clock: it stands still until the player moves it."""

from __future__ import annotations

import threading


class ReplayClock:
    """A `contract.instants.Clock` that is set, and never goes back."""

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """Return the instant of the recording that has been reached."""
        with self._lock:
            return self._now_ns

    def reach(self, at_ns: int) -> None:
        """Move on to `at_ns`, if that lies ahead."""
        with self._lock:
            self._now_ns = max(self._now_ns, at_ns)
