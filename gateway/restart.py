"""Takes up where the last process was cut off: a fall that straddles the crash is found, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import merge
from typing import Protocol

import structlog

from contract.detection import Detection
from contract.instants import NS_PER_S, Clock, ns
from contract.message import Block
from detectors.persons import Whose
from gateway.effects import Effects
from gateway.errors import StoreError
from gateway.ingest import Detects, Ingest
from gateway.ledger import Ledger
from gateway.recorder import RecordedBlock

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

TAIL_NS = ns(30)
"""Longer than any detector needs to settle a claim; some need more to come to one …"""
MOST_REPLAYED = 50_000
"""… and get it, unless falls of now would wait for it: this is 5 s at 100 µs a block, which is what
docs/benchmarks.md has for a gateway's whole work on one."""
UNCLOSED_NS = ns(600)
"""A claim so recent that nothing has cleared is still being watched, whatever its kind: its device
is replayed from there. Detectors of some kinds watch for longer, and whether or not it is over."""
LONGEST_FOLLOWED_NS = ns(3600)
"""No claim older than this is looked at: no detector that ships watches for so long."""
BEFORE_ONSET_NS = ns(10)
REMEMBERED = 600
"""Blocks of each device whose copies are known at once. For older ones the disk is asked."""


class GoesOn(Detects, Protocol):
    """What it takes to go on where another process was."""

    def remembers_s(self, message: str) -> float:
        """Return how much of a device's past matters."""
        ...

    def follows_s(self, kind: str) -> float:
        """Return for how long after an onset of this kind what comes of it is watched."""
        ...

    def lasting(self) -> dict[Whose, bytes]:
        """Return what must outlive the process."""
        ...

    def resume(self, whose: Whose, body: bytes) -> str | None:
        """Take up one of these; return why not."""
        ...


def take_up(
    ledger: Ledger,
    ingest: Ingest,
    pipeline: GoesOn,
    urgent: Callable[[Sequence[Detection]], None],
    clock: Clock,
    note: Callable[[Block], None] = lambda block: None,
) -> int:
    """Restore what is durable, and play the recorder's last seconds; return how many blocks.

    Detections that were made before the crash have the same id, phase and time of decision, so the
    outbox drops them; what the crash cut off is news. With the disk full `urgent` gets them all.
    """
    ingest.bound(ledger.memory.bound())
    ingest.durable(ledger.recorder.latest(REMEMBERED))
    upto = _resume(ledger, pipeline)
    found = Effects()
    count = 0
    last_tick_ns: int | None = None
    # What holds may be older than the tail, and its own device silent since.
    stood = (
        RecordedBlock(0, arrived_ns, False, block, agent)
        for arrived_ns, block, agent in ledger.standing.all()
    )
    tail = ledger.recorder.read(_tail(ledger, pipeline, clock(), upto))
    for recorded in merge(stood, tail, key=lambda each: each.arrived_ns):
        try:
            # Time passed between the blocks then; let it pass again.
            if last_tick_ns is None or not 0 <= recorded.arrived_ns - last_tick_ns < UNCLOSED_NS:
                last_tick_ns = recorded.arrived_ns
            while last_tick_ns + NS_PER_S <= recorded.arrived_ns:
                last_tick_ns += NS_PER_S
                passed = pipeline.tick(last_tick_ns, heard_ns=last_tick_ns)
                found.detections += passed.detections
            known = upto is not None and recorded.id <= upto
            outcome = pipeline.feed(
                recorded.block,
                late=recorded.late,
                again=known,
                author=recorded.agent,
                heard_ns=recorded.arrived_ns,
            )
            note(recorded.block)
            found.detections += outcome.detections
        except Exception as error:
            log.error("replay-failed", block=recorded.id, reason=f"{type(error).__name__}: {error}")
        count += 1
    if found.detections:
        try:
            news = ledger.commit(found, clock()).detections
        except StoreError as error:
            log.error("replay-not-written", reason=str(error))
            urgent(found.detections)
        else:
            log.info("taken-up", blocks=count, new_detections=news)
    return count


def _resume(ledger: Ledger, pipeline: GoesOn) -> int | None:
    """Give the detectors their sessions; return the last block that these know of.

    None where one cannot be resumed: then the tail tells what it can, as of a first start.
    """
    whole = True
    for whose, body in ledger.lasting.all().items():
        why_not = pipeline.resume(whose, body)
        if why_not is not None:
            log.warning("session-not-resumed", of=whose.detector, reason=why_not)
            whole = False
    return ledger.lasting.upto() if whole else None


def _tail(ledger: Ledger, pipeline: GoesOn, now_ns: int, upto: int | None) -> list[int]:
    followed, unclosed = _watched(ledger, pipeline, now_ns)

    def wanted_ns(message: str) -> int:
        return max(TAIL_NS, ns(pipeline.remembers_s(message)))

    whole = ledger.recorder.tail(wanted_ns, followed, upto)
    if len(whole) <= MOST_REPLAYED:
        return whole
    short = ledger.recorder.tail(lambda message: TAIL_NS, followed, upto)
    if len(short) > MOST_REPLAYED:
        short = ledger.recorder.tail(lambda message: TAIL_NS, unclosed, upto)
    log.warning("tail-cut", blocks=len(whole), played=len(short))
    return short


def _watched(
    ledger: Ledger, pipeline: GoesOn, now_ns: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Return from when on each device is to be played: for all that is watched, and the least."""
    followed: dict[str, int] = {}
    unclosed: dict[str, int] = {}
    for claim in ledger.outbox.claims(now_ns - LONGEST_FOLLOWED_NS):
        from_ns, age_ns = claim.onset_ns - BEFORE_ONSET_NS, now_ns - claim.onset_ns
        is_open = not claim.cleared and age_ns <= UNCLOSED_NS
        if is_open:
            unclosed[claim.device] = min(from_ns, unclosed.get(claim.device, from_ns))
        if is_open or age_ns <= ns(pipeline.follows_s(claim.kind)):
            followed[claim.device] = min(from_ns, followed.get(claim.device, from_ns))
    return followed, unclosed
