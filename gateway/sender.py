"""Brings detections to the backend, each until it is confirmed, and each claim in its order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import structlog

from contract.command import Command
from contract.detection import AskWearer, Detection, Receipt
from contract.instants import Clock, seconds
from contract.site import Site
from gateway.backend_client import Answer, BackendClient
from gateway.backoff import Backoff
from gateway.database import transaction
from gateway.errors import StoreError
from gateway.ledger import Ledger
from gateway.outbox import Waiting, body
from gateway.rounds import Rounds
from gateway.tally import Tally

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
"""A backend that is back must hear of a person on the floor at once; a POST costs it nothing."""
IDLE_S = 5.0
FORGET_EVERY_S = 3600.0
MAX_URGENT = 10_000
NO_NUMBER = -1
"""A detection that is not in the outbox, because the disk was full."""

PublishCommand = Callable[[str | None, Command], None]
"""Called with the device's agent, or None when no agent ever brought anything of it."""


class Sender(Rounds):
    """A thread that empties the outbox.

    What one claim waits for holds up its own later phases and nobody else's. Nothing is given up
    for want of a backend; what the backend refuses as wrong is set aside and counted.

    Parameters
    ----------
    wake_evidence
        Called when a sensor window has become wanted.
    observe_s
        Told how long each detection waited for its receipt.
    """

    def __init__(
        self,
        site: Site,
        state_dir: Path,
        backend_url: str,
        publish_command: PublishCommand,
        wake_evidence: Callable[[], None],
        observe_s: Callable[[float], None],
        tally: Tally,
        clock: Clock,
    ) -> None:
        super().__init__("gateway-sender", Backoff(FIRST_WAIT_S, LONGEST_WAIT_S))
        self._site = site
        self._ledger = Ledger(state_dir, site, synchronous="NORMAL")
        self._backend = BackendClient(backend_url)
        self._publish_command = publish_command
        self._wake_evidence = wake_evidence
        self._observe_s = observe_s
        self._tally = tally
        self._clock = clock
        self._urgent: deque[Waiting] = deque(maxlen=MAX_URGENT)
        self._unwritten: dict[int, tuple[Waiting, Answer]] = {}
        self._claims: dict[str, tuple[Backoff, float]] = {}
        self._forget_s = 0.0

    def urgent(self, detections: Sequence[Detection]) -> None:
        """Send these out of memory: the disk would not take them."""
        now_ns = self._clock()
        self._urgent.extend(
            Waiting(NO_NUMBER, d.id, d.phase, d.device, d.onset_ns, now_ns, body(d))
            for d in detections
        )
        self.kick()

    @property
    def urgent_depth(self) -> int:
        """How many wait in memory alone."""
        return len(self._urgent)

    def _close(self) -> None:
        self._backend.close()
        self._ledger.close()

    def _round(self) -> float:
        """Send what can be sent; what cannot waits on the disk."""
        self._write_settled()
        held_up: set[str] = set()
        next_s = time.monotonic() + IDLE_S
        for waiting in chain(tuple(self._urgent), self._ledger.outbox.waiting()):
            if self._stopping.is_set():
                return 0.0
            if waiting.n in self._unwritten:
                continue
            backoff, due_s = self._claims.get(waiting.id, (None, 0.0))
            if waiting.id in held_up or due_s > time.monotonic():
                held_up.add(waiting.id)
                next_s = min(next_s, due_s)
                continue
            answer = self._backend.post_detection(waiting.body)
            if answer.result == "unreachable":
                self._failed(waiting, answer)
                return self._backoff.failed()
            self._backoff.succeeded()
            if answer.result == "failed":
                self._failed(waiting, answer)
                held_up.add(waiting.id)
                backoff = backoff or Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
                due_s = time.monotonic() + backoff.failed()
                self._claims[waiting.id] = (backoff, due_s)
                next_s = min(next_s, due_s)
            else:
                self._claims.pop(waiting.id, None)
                self._settle(waiting, answer)
        return max(0.0, next_s - time.monotonic())

    def _failed(self, waiting: Waiting, answer: Answer) -> None:
        self._tally.add("delivery_failures")
        log.warning(
            "detection-not-delivered", detection=waiting.id, phase=waiting.phase, told=answer.told
        )

    def _settle(self, waiting: Waiting, answer: Answer) -> None:
        if answer.result == "refused":
            self._tally.add("detections_set_aside")
            log.error(
                "detection-set-aside", detection=waiting.id, phase=waiting.phase, told=answer.told
            )
        else:
            self._tally.add("delivered")
            self._observe_s(seconds(self._clock() - waiting.put_ns))
        if waiting.n == NO_NUMBER:
            self._urgent.remove(waiting)
        else:
            self._unwritten[waiting.n] = (waiting, answer)
        # The wearer is asked before our own books are put in order.
        if answer.receipt is not None:
            for asked in answer.receipt.commands:
                self._publish(asked)
        self._write_settled()

    def _write_settled(self) -> None:
        if not self._unwritten:
            return
        now_ns = self._clock()
        try:
            with transaction(self._ledger.connection):
                for waiting, answer in self._unwritten.values():
                    if answer.result == "refused":
                        self._ledger.outbox.refused(waiting.n, now_ns, answer.told)
                    else:
                        self._ledger.outbox.delivered(waiting.n, now_ns)
                    if self._wanted(waiting, answer.receipt):
                        self._ledger.outbox.want_evidence(
                            waiting.id, waiting.device, waiting.onset_ns, now_ns
                        )
                if time.monotonic() >= self._forget_s:
                    self._forget_s = time.monotonic() + FORGET_EVERY_S
                    self._ledger.outbox.forget(now_ns)
        except StoreError as error:
            # Delivered all the same, and remembered here: it is not sent again by this process.
            log.warning("delivery-not-noted", reason=str(error))
            return
        self._unwritten.clear()
        self._wake_evidence()

    def _wanted(self, waiting: Waiting, receipt: Receipt | None) -> bool:
        device = self._site.devices.get(waiting.device)
        # Only accelerometers have a waveform.
        return bool(receipt and receipt.evidence_wanted and device and device.kind == "imu")

    def _publish(self, asked: AskWearer) -> None:
        device = self._site.devices.get(asked.device)
        agent = device.agent if device else None
        agent = agent or self._ledger.recorder.agent_of(asked.device)
        command = Command(
            id=asked.id,
            device=asked.device,
            command=asked.command,
            expires_ns=asked.expires_ns,
            from_ns=asked.from_ns,
            to_ns=asked.to_ns,
            at_ns=asked.at_ns,
            upload=asked.upload,
        )
        self._publish_command(agent, command)
