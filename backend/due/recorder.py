"""Writes down what became of hand-offs, and forgets nothing that could not be written."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Lock

import structlog

from backend.metrics import BackendMetrics
from backend.paging.outbox import ClaimedPage
from backend.paging.outcome import EndedTry, Tries, TryResult
from contract.instants import seconds

log = structlog.get_logger(__name__)

AT_ONCE = 64
"""Outcomes in one transaction: when many end at a time, they share the disk's one wait."""


class TryRecorder:
    """What has ended and is not yet on disk. A page in here is nobody's to send again."""

    def __init__(
        self, outcomes: Tries, metrics: BackendMetrics, hurried: Callable[[], None]
    ) -> None:
        self._outcomes = outcomes
        self._metrics = metrics
        self._hurried = hurried
        self._changed = Condition()
        self._turn = Lock()
        self._waiting: list[EndedTry] = []
        self._writing: list[EndedTry] = []
        self.stuck = False
        """Whether the last write left something behind."""

    def add(self, outcome: EndedTry) -> None:
        """Take an outcome, to be written by whoever calls `write`."""
        claim = outcome.claim
        sent = outcome.result is TryResult.SENT
        self._metrics.pages.labels(
            claim.channel, TryResult.SENT if sent else TryResult.FAILED
        ).inc()
        if sent:
            late_s = seconds(outcome.at_ns - claim.due_ns)
            self._metrics.page_latency_s.observe(max(0.0, late_s))
        with self._changed:
            self._waiting.append(outcome)
            self._changed.notify_all()

    def wait(self, within_s: float) -> bool:
        """Wait until there is something to write; return whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._waiting), within_s)

    def wake(self) -> None:
        """End a wait."""
        with self._changed:
            self._changed.notify_all()

    @property
    def held(self) -> list[ClaimedPage]:
        """The claims whose outcome is not on disk."""
        with self._changed:
            return [each.claim for each in (*self._writing, *self._waiting)]

    def write(self) -> bool:
        """Write everything down that waits; return whether nothing is left.

        One that cannot be written holds up no other, and is tried again at the next call.
        """
        failed: list[EndedTry] = []
        with self._turn:
            while True:
                with self._changed:
                    batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                    self._writing = failed + batch
                if not batch:
                    break
                failed += self._write(batch)
            with self._changed:
                self._waiting = failed + self._waiting
                self._writing = []
        self.stuck = bool(failed)
        self._metrics.unwritten.set(len(failed))
        return not failed

    def _write(self, batch: list[EndedTry]) -> list[EndedTry]:
        try:
            self._commit(batch)
        except Exception as error:
            if len(batch) == 1:
                self._metrics.cycle_failures.labels("record").inc()
                log.error(
                    "what became of a page could not be written down",
                    page=batch[0].claim.page.id,
                    result=batch[0].result,
                    # Each second for as long as a disk is full: in a line.
                    error=f"{type(error).__name__}: {error}",
                )
                return batch
            return [each for outcome in batch for each in self._write([outcome])]
        return []

    def _commit(self, batch: list[EndedTry]) -> None:
        if self._outcomes.write(batch):
            self._hurried()
