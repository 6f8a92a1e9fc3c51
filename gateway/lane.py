"""A thread that hands one detection after another to the backend, and waits for each answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from gateway.backend_client import BackendAnswer, PostResult
from gateway.outbox import WaitingDetection

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

GRACE_S = 1.0
"""An exchange that is under way may end; then its line is cut, and the detection goes again."""


AGAIN_S = 0.1


class Posts(Protocol):
    """What a lane needs of `gateway.backend_client.BackendClient`."""

    def post_detection(self, detection: str, body: bytes) -> BackendAnswer:
        """Hand over a detection."""
        ...

    def hang_up(self) -> None:
        """End what is under way, from another thread."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Departure(NamedTuple):
    """A detection whose turn it is, as it is posted now."""

    row: WaitingDetection
    body: bytes
    times: int


class SenderLane:
    """One connection and its thread.

    Parameters
    ----------
    following
        Returns what to hand over next, as soon as there is something; None at the end.
    answered
        Told what came of it.
    """

    def __init__(
        self,
        name: str,
        backend: Posts,
        following: Callable[[], Departure | None],
        answered: Callable[[Departure, BackendAnswer], None],
    ) -> None:
        self._backend = backend
        self._following = following
        self._answered = answered
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, until_s: float) -> None:
        """End, once `following` has returned None; what is under way then is cut off."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, until_s - time.monotonic()))
            while self._thread.is_alive():
                self._backend.hang_up()
                self._thread.join(AGAIN_S)
        self._backend.close()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while (departure := self._following()) is not None:
            try:
                answer = self._backend.post_detection(departure.row.id, departure.body)
            except Exception as error:
                # A bug of ours. It is as good as no answer, and the next detection goes on.
                log.exception("post-failed", detection=departure.row.id)
                answer = BackendAnswer(PostResult.FAILED, f"{type(error).__name__}: {error}")
            self._answered(departure, answer)
