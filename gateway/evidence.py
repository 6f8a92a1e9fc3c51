"""Pushes sensor windows to the backend: at once with what there is, and when they are complete.

Each push is the whole window anew, cut and parsed and sent: time that first pages want. So there
are two, and none in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import structlog

from contract.detection import Waveform
from contract.instants import NS_PER_S, Clock
from contract.site import Site
from gateway.backend_client import BackendClient, PostResult
from gateway.database import transaction
from gateway.ledger import Ledger
from gateway.outbox import AFTER_NS, BEFORE_NS, Window
from gateway.rounds import Rounds
from gateway.tally import GatewayTally
from gateway.waveform import Cut, cut
from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

LOOK_S = 2.0
YIELD_S = 2.0
"""A push waits so long at most for detections that go for the first time."""
IDLE_S = 30.0


class Evidence(Rounds):
    """A thread of its own with a connection of its own, so that no detection waits for it.

    Parameters
    ----------
    busy
        Whether a detection is on its way for the first time: first the page, then its evidence.
    """

    def __init__(
        self,
        site: Site,
        state_dir: Path,
        backend_url: str,
        tally: GatewayTally,
        clock: Clock,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__("gateway-evidence", Backoff(0.5, 10.0))
        self._ledger = Ledger(state_dir, site, synchronous="NORMAL")
        self._backend = BackendClient(backend_url)
        self._tally = tally
        self._clock = clock
        self._busy = busy
        self._seen: dict[str, int] = {}
        """By detection, how many blocks there were at the latest cut."""

    def _close(self) -> None:
        self._backend.close()
        self._ledger.close()

    def _round(self) -> float:
        """Push what has grown. It is kicked when a window becomes wanted."""
        windows = self._ledger.outbox.open_windows()
        if sum(not self._push(window) for window in windows):
            return self._backoff.failed()
        self._backoff.succeeded()
        return LOOK_S if windows else IDLE_S

    def _push(self, window: Window) -> bool:
        """Push a window if it has grown enough; return False if the backend did not take it."""
        if self._stopping.is_set():
            return True
        to_ns = window.onset_ns + AFTER_NS
        from_ns = window.onset_ns - BEFORE_NS
        overdue = self._clock() >= window.deadline_ns
        if not (overdue or self._is_due(window, from_ns, to_ns)):
            return True
        self._yield()
        blocks = self._ledger.recorder.cut(window.device, from_ns, to_ns)
        found = cut(blocks, window.onset_ns, from_ns, to_ns)
        if found is None:
            if overdue:
                self._note(window, None, complete=True)
            return True
        complete = overdue or found.end_ns + NS_PER_S / found.odr_hz > to_ns
        if not (complete or _grown(window, found)):
            return True
        body = Waveform(
            detection=window.detection,
            device=window.device,
            t0_ns=found.t0_ns,
            odr_hz=found.odr_hz,
            scale_g=found.scale_g,
            accel_i16=found.accel_i16,
            range_g=found.range_g,
            complete=complete,
        )
        answer = self._backend.post_evidence(window.detection, body.model_dump_json().encode())
        if answer.result is PostResult.TAKEN:
            self._tally.add("evidence_pushed")
            self._note(window, found, complete)
            return True
        self._tally.add("evidence_failures")
        told = {"detection": window.detection, "told": answer.told}
        if answer.result is PostResult.REFUSED:
            log.error("evidence-refused", **told)
            self._note(window, None, complete=True)
            return True
        log.warning("evidence-not-pushed", **told)
        self._seen.pop(window.detection, None)
        return False

    def _is_due(self, window: Window, from_ns: int, to_ns: int) -> bool:
        """Say whether enough has come to cut the window for: two looks into an index."""
        recorder = self._ledger.recorder
        count = recorder.blocks_in(window.device, from_ns, to_ns)
        if count == self._seen.get(window.detection, 0):
            return False
        newest_ns = recorder.reaches_ns(window.device, to_ns)
        if window.until_ns is not None and newest_ns < to_ns:
            return False
        self._seen[window.detection] = count
        return True

    def _yield(self) -> None:
        """Let detections go first, for a while."""
        until_s = time.monotonic() + YIELD_S
        while self._busy() and time.monotonic() < until_s and not self._stopping.wait(0.05):
            pass

    def _note(self, window: Window, found: Cut | None, complete: bool) -> None:
        with transaction(self._ledger.connection):
            if found is None:
                self._ledger.outbox.close_window(window.detection)
            else:
                outbox = self._ledger.outbox
                outbox.pushed(window.detection, found.t0_ns, found.end_ns, complete)
        if complete:
            self._seen.pop(window.detection, None)


def _grown(window: Window, found: Cut) -> bool:
    if window.from_ns is None or window.until_ns is None:
        return True
    return found.t0_ns < window.from_ns
