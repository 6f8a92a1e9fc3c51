"""Says what is refused, but not so often that a mad device fills the disk."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from contract.instants import ns
from gateway.effects import Reject

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

EVERY_NS = ns(60)
MAX_LINES = 60
"""In `EVERY_NS`, whoever sends what: names of devices come from outside, and there may be any
number of them."""


class RefusalLog:
    """Logs the first refusal of a device for a reason at once, and a later one each minute.

    What is not said is counted in the next line, and the counters of `Stats` are exact anyway.
    """

    def __init__(self) -> None:
        self._since_ns: int | None = None
        self._said: set[tuple[str, str]] = set()
        self._unsaid = 0

    def say(self, rejects: Iterable[Reject], now_ns: int) -> None:
        """Log what is due."""
        for reject in rejects:
            # A clock that was set back must not silence the log.
            if self._since_ns is None or not 0 <= now_ns - self._since_ns < EVERY_NS:
                self._since_ns = now_ns
                self._said.clear()
            key = (reject.reason.value, reject.device or reject.topic)
            if key in self._said or len(self._said) >= MAX_LINES:
                self._unsaid += 1
                continue
            self._said.add(key)
            log.warning(
                "refused",
                reason=reject.reason.value,
                device=reject.device,
                topic=reject.topic,
                detail=reject.detail,
                unsaid_before=self._unsaid,
            )
            self._unsaid = 0
