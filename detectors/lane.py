"""One detector on one device since one boot, with its blocks in their order."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from contract.instants import ns
from contract.message import Block
from contract.tick import Tick
from detectors.finder import AnyFinder
from detectors.finding import Finding
from detectors.subject import Subject

REWOUND_NS = ns(120)
"""How much of a run is judged again when a block is put back in front of it."""
OPENING_NS = ns(10)
"""The same for the first run: a gateway that joins in mid-stream waits in vain for what was."""
REWOUND_BLOCKS = 512
NEAR_NS = ns(30)
"""Across a hole longer than this, no detector joins what lies on either side."""
RUNS_KEPT = 32


@dataclass(slots=True)
class Run:
    """Blocks without a hole between them, and the state after the last."""

    first: int
    next: int
    begun_ns: int
    last_ns: int
    state: Any
    again: list[Block | Tick] | None = field(default_factory=list)
    """The whole run, to be judged again; None once that is more than is worth keeping."""
    again_ns: int = REWOUND_NS

    def keep(self, message: Block | Tick) -> None:
        """Note a message that was judged."""
        if not isinstance(message, Tick):
            self.next, self.last_ns = message.seq + 1, message.t0_ns
        if self.again is None:
            return
        self.again.append(message)
        if self.last_ns - self.begun_ns > self.again_ns or len(self.again) > REWOUND_BLOCKS:
            self.again = None


class Lane:
    """Steps a detector through a device's blocks; a block that was overtaken is put back.

    Nothing waits for a missing block: its successors are judged at once, across the hole. But they
    are kept for a while, and when the block arrives they are judged again after it. States are
    never changed in place, so a run's state costs a reference.

    A spool that is emptied while new blocks arrive makes two runs that grow side by side, and each
    block is judged once, until they meet.
    """

    def __init__(self, detector: AnyFinder, subject: Subject) -> None:
        self._detector = detector
        self._subject = subject
        self._runs: list[Run] = []
        self._fault: str | None = None

    @property
    def kind(self) -> str:
        """The detector's name."""
        return self._detector.kind

    @property
    def kept(self) -> int:
        """How many messages are kept to be judged again."""
        return sum(len(run.again or ()) for run in self._runs)

    def feed(self, block: Block) -> tuple[tuple[Finding, ...], str | None]:
        """Return what was found, and what the detector raised, if it did."""
        self._fault = None
        if self._runs and self._runs[-1].next == block.seq:  # as nearly always
            run = self._runs[-1]
            run.state, found = self._step(run.state, block)
            run.keep(block)
            return found, self._fault
        at = bisect_right(self._runs, block.seq, key=lambda run: run.next)
        if at < len(self._runs) and self._runs[at].first <= block.seq:
            return (), None  # a duplicate that the sequence window had forgotten
        if at and self._runs[at - 1].next == block.seq:
            at -= 1
        else:
            self._runs.insert(at, self._begun(block, self._runs[at - 1] if at else None))
        run = self._runs[at]
        run.state, found = self._step(run.state, block)
        run.keep(block)
        if at + 1 < len(self._runs):
            found += self._judged_again(at)
        del self._runs[:-RUNS_KEPT]
        return found, self._fault

    def tick(self, message: Tick) -> tuple[tuple[Finding, ...], str | None]:
        """Tell a detector that asks for it the time, as the newest block knows it."""
        if Tick not in self._detector.accepts:
            return (), None
        self._fault = None
        run = self._runs[-1]
        run.state, found = self._step(run.state, message)
        run.keep(message)
        return found, self._fault

    def _begun(self, block: Block, before: Run | None) -> Run:
        state = before.state if before is not None else self._detector.start(self._subject)
        run = Run(block.seq, block.seq, block.t0_ns, block.t0_ns, state)
        if before is not None:
            return run
        run.again_ns = OPENING_NS
        if block.seq == 0:  # nothing can come before it
            run.again = None
        return run

    def _judged_again(self, at: int) -> tuple[Finding, ...]:
        """Judge the runs after run `at` as its continuation, and join what has no hole left."""
        found: tuple[Finding, ...] = ()
        while at + 1 < len(self._runs):
            run, after = self._runs[at : at + 2]
            joined = run.next == after.first
            if not joined and after.begun_ns - run.last_ns > NEAR_NS:
                break
            if after.again is not None:
                after.state = run.state
                for message in after.again:
                    after.state, new = self._step(after.state, message)
                    found += new
            if joined:
                run.state = after.state
                for message in after.again or ():
                    run.keep(message)
                if after.again is None:
                    run.next, run.last_ns, run.again = after.next, after.last_ns, None
                del self._runs[at + 1]
            elif after.again is None:
                break
            else:
                at += 1
        return found

    def _step(self, state: Any, message: Block | Tick) -> tuple[Any, tuple[Finding, ...]]:
        try:
            after, found = self._detector.step(state, message)
        except Exception as error:
            # A detector's bug must not stop the stream: it starts afresh, and the fault is told.
            self._fault = self._fault or f"{type(error).__name__}: {error}"
            return self._detector.start(self._subject), ()
        return after, tuple(found)
