"""One detector on one device since one boot, with its blocks in their order."""

from __future__ import annotations

from bisect import insort
from typing import Any

from contract.instants import ns
from contract.message import Block
from contract.tick import Tick
from detectors.detector import AnyDetector
from detectors.finding import Finding
from detectors.subject import Subject

REWOUND_NS = ns(120)
"""How long a lost block is waited for. An agent resends for longer, but with a fall that old the
block itself, not its place among its neighbours, is what is left to report."""


class Lane:
    """Steps a detector through a device's blocks; a block that was overtaken is put back.

    Nothing waits for a missing block: its successors are judged at once, across the gap. But the
    state before the gap is kept, and when the block arrives the detector judges again from there.
    States are never changed in place, so keeping one costs a reference.
    """

    def __init__(self, detector: AnyDetector, subject: Subject) -> None:
        self._detector = detector
        self._subject = subject
        self._state: Any = detector.start(subject)
        self._next: int | None = None
        self._before_gap: Any = None
        self._since_gap: list[tuple[int, Block]] = []
        self._expected: int | None = None
        """The number that came after the state before the gap; None while there is no gap."""

    def feed(self, block: Block) -> tuple[tuple[Finding, ...], str | None]:
        """Return what was found, and what the detector raised, if it did."""
        if self._next is not None and block.seq < self._next:
            return self._put_back(block)
        if self._next is not None and block.seq > self._next and self._expected is None:
            self._before_gap, self._expected = self._state, self._next
        self._next = block.seq + 1
        found, fault = self._step(block)
        if self._expected is not None:
            insort(self._since_gap, (block.seq, block), key=lambda pair: pair[0])
            self._close_gap(block)
        return found, fault

    def tick(self, message: Tick) -> tuple[tuple[Finding, ...], str | None]:
        """Tell the detector the time."""
        return self._step(message)

    def _put_back(self, block: Block) -> tuple[tuple[Finding, ...], str | None]:
        if self._expected is None or block.seq < self._expected:
            # Older than anything that is remembered: judged alone, so that a press is not lost.
            state = self._state
            self._state = self._detector.start(self._subject)
            outcome = self._step(block)
            self._state = state
            return outcome
        insort(self._since_gap, (block.seq, block), key=lambda pair: pair[0])
        self._state = self._before_gap
        found: list[Finding] = []
        faults: list[str] = []
        for _, each in self._since_gap:
            new, fault = self._step(each)
            found += new
            faults += [fault] if fault else []
        self._close_gap(self._since_gap[-1][1])
        return tuple(found), faults[0] if faults else None

    def _close_gap(self, newest: Block) -> None:
        assert self._expected is not None
        numbers = [seq for seq, _ in self._since_gap]
        filled = numbers == list(range(self._expected, self._expected + len(numbers)))
        waited_ns = newest.t0_ns - self._since_gap[0][1].t0_ns
        if filled or waited_ns > REWOUND_NS:
            self._expected, self._before_gap, self._since_gap = None, None, []

    def _step(self, message: Any) -> tuple[tuple[Finding, ...], str | None]:
        try:
            self._state, found = self._detector.step(self._state, message)
        except Exception as error:
            # A detector's bug must not stop the stream: it starts afresh, and the fault is told.
            self._state = self._detector.start(self._subject)
            return (), f"{type(error).__name__}: {error}"
        return found, None
