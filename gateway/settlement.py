"""Writes down what came of detections, and puts what can be read in the place of what was lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from contract.detection import Detection, Receipt
from contract.instants import Clock
from contract.site import Site
from gateway import unreadable
from gateway.backend_client import BackendAnswer, PostResult
from gateway.database import transaction
from gateway.errors import StoreError
from gateway.lane import Departure
from gateway.ledger import Ledger
from gateway.outbox import WaitingDetection
from gateway.tally import GatewayTally

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

FORGET_EVERY_S = 3600.0


class _Settled(NamedTuple):
    """A detection, and what the backend said of it."""

    departure: Departure
    answer: BackendAnswer

    @property
    def is_lost(self) -> bool:
        """Whether the backend will not have it as it is."""
        return self.answer.result is not PostResult.TAKEN


class Written(NamedTuple):
    """What a commit showed."""

    again: tuple[WaitingDetection, ...]
    """Said again while they were on their way: they wait on."""
    evidence: bool
    """A sensor window has become wanted."""
    stand_ins: int
    refused: tuple[WaitingDetection, ...]
    """Stand-ins that were refused in their turn."""


class Settlement:
    """What is settled and not yet on the disk. Any thread may note, one writes.

    Parameters
    ----------
    urgent
        Sends a stand-in out of memory, when the disk would not take it.
    """

    def __init__(
        self,
        site: Site,
        ledger: Ledger,
        urgent: Callable[[Sequence[Detection]], None],
        tally: GatewayTally,
        clock: Clock,
    ) -> None:
        self._site = site
        self._ledger = ledger
        self._urgent = urgent
        self._tally = tally
        self._clock = clock
        self._lock = threading.Lock()
        self._settled: list[_Settled] = []
        self._stood_in: set[tuple[int, str]] = set()
        """In whose place something went out of memory, while the disk is full."""
        self._loudest: dict[str, int] = {}
        self._forget_s = 0.0

    def __len__(self) -> int:
        return len(self._settled)

    def note(self, departure: Departure, answer: BackendAnswer) -> None:
        """Note that it was delivered or refused, or (`failed`) that the backend chokes on it."""
        with self._lock:
            self._settled.append(_Settled(departure, answer))

    def write(self) -> Written | None:
        """Write down what was noted; None when there is nothing, or no room on the disk."""
        with self._lock:
            settled = tuple(self._settled)
        if not settled:
            return None
        now_ns = self._clock()
        try:
            with transaction(self._ledger.connection):
                written = self._write(settled, now_ns)
        except StoreError as error:
            # Delivered all the same, and remembered here: it is not sent again by this process.
            log.warning("delivery-not-noted", reason=str(error))
            self._stand_in_from_memory(settled, now_ns)
            return None
        with self._lock:
            del self._settled[: len(settled)]
        self._stood_in.clear()
        self._tally.add("unreadable", written.stand_ins)
        self._say_refused(written.refused, now_ns)
        return written

    def _write(self, settled: Sequence[_Settled], now_ns: int) -> Written:
        outbox = self._ledger.outbox
        again: list[WaitingDetection] = []
        refused: list[WaitingDetection] = []
        evidence = False
        stand_ins = 0
        for each in settled:
            row, answer = each.departure.row, each.answer
            if answer.result is PostResult.REFUSED:
                outbox.refused(row.n, now_ns, answer.told)
            elif answer.result is PostResult.TAKEN and not outbox.delivered(
                row.n, each.departure.times, now_ns
            ):
                again.append(row)
            if self._wants_evidence(row, answer.receipt):
                evidence = True
                outbox.want_evidence(row.id, row.device, row.onset_ns, now_ns)
            if each.is_lost:
                told = self._stand_in(each, now_ns)
                if told is None:
                    refused.append(row)
                else:
                    outbox.put_unreadable(told, now_ns)
                    stand_ins += 1
        if time.monotonic() >= self._forget_s:
            self._forget_s = time.monotonic() + FORGET_EVERY_S
            outbox.forget(now_ns)
        return Written(tuple(again), evidence, stand_ins, tuple(refused))

    def _stand_in_from_memory(self, settled: Sequence[_Settled], now_ns: int) -> None:
        # Once for each. It is put on the disk as well when that has room: the same claim.
        for each in settled:
            key = (each.departure.row.n, each.answer.result)
            if each.is_lost and key not in self._stood_in:
                self._stood_in.add(key)
                told = self._stand_in(each, now_ns)
                self._urgent([] if told is None else [told])

    def _stand_in(self, lost: _Settled, now_ns: int) -> Detection | None:
        """Return what is told in place of a detection; None for what was told in place of one."""
        detection = Detection.model_validate_json(lost.departure.body)
        if detection.kind == unreadable.KIND:
            return None  # never a loop
        put_ns = lost.departure.row.put_ns
        return unreadable.stands_for(detection, lost.answer.told, put_ns, now_ns, self._site)

    def _say_refused(self, rows: Sequence[WaitingDetection], now_ns: int) -> None:
        # What the backend does not read in its plainest form is a matter for the log and the
        # report: once a device an hour, and counted exactly.
        self._tally.add("unreadable_refused", len(rows))
        hour = now_ns // unreadable.FOLDED_NS
        for row in rows:
            if self._loudest.get(row.device) != hour:
                self._loudest[row.device] = hour
                log.error("unreadable-refused", device=row.device)

    def _wants_evidence(self, row: WaitingDetection, receipt: Receipt | None) -> bool:
        device = self._site.devices.get(row.device)
        # Only accelerometers have a waveform.
        return bool(receipt and receipt.evidence_wanted and device and device.kind == "imu")
