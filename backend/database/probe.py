"""Asks a database whether it answers, without ever waiting for it longer than one has time."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import NamedTuple

from backend.errors import BackendError


class Probe(NamedTuple):
    """What an asking has shown."""

    ok: bool
    """It answered in time."""
    detail: str
    """Why not; empty when it did."""
    took_s: float
    """How long whoever asked has waited."""


class _Asking:
    """One question on its way. Several may wait for its answer; it may come when nobody does."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self.done = Event()
        self.problem = ""
        self._ask = ask
        Thread(target=self._run, name="probe", daemon=True).start()

    def _run(self) -> None:
        try:
            self._ask()
        except BackendError as error:
            self.problem = error.detail
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self.done.set()


class Prober:
    """At most one question at a time is on its way: a database that hangs costs one thread."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._asking: _Asking | None = None

    def probe(self, within_s: float) -> Probe:
        """Ask, or join who is asking already, and wait at most `within_s`."""
        began_s = time.monotonic()
        with self._lock:
            if self._asking is None or self._asking.done.is_set():
                self._asking = _Asking(self._ask)
            asking = self._asking
        answered = asking.done.wait(within_s)
        problem = asking.problem if answered else f"no answer within {within_s:g} s"
        return Probe(not problem, problem, time.monotonic() - began_s)
