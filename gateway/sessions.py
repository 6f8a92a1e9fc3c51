"""Writes down the sessions that detectors watch over, as they begin, go on and end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from contract.instants import Clock, ns
from detectors.persons import Whose
from gateway.database import transaction
from gateway.errors import StoreError
from gateway.ledger import Ledger

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

STILL_EVERY_NS = ns(10)
"""After a crash at most so much is fed again."""


class LastingSessions:
    """Writes the states when one has changed, and now and then that none has.

    Belongs to the worker's thread, which has recorded all that it fed when it calls.
    """

    def __init__(
        self, ledger: Ledger, lasting: Callable[[], Mapping[Whose, bytes]], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._lasting = lasting
        self._clock = clock
        self._written: Mapping[Whose, bytes] | None = None
        self._written_ns = 0

    def write(self) -> None:
        """Write what is news."""
        states, now_ns = self._lasting(), self._clock()
        changed = states != self._written
        if not changed and abs(now_ns - self._written_ns) < STILL_EVERY_NS:
            return
        upto = self._ledger.recorder.bounds()[1]
        try:
            with transaction(self._ledger.connection):
                if changed:
                    self._ledger.lasting.keep(states, upto)
                else:
                    self._ledger.lasting.still(upto)
        except StoreError as error:
            log.warning("sessions-not-written", reason=str(error))
        else:
            self._written, self._written_ns = states, now_ns
