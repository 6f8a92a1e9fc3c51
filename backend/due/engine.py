"""The engine: looks at everything and does what is due. A query over state, never a queue.

It may be killed at any instruction and run by two processes at once: what is due is written in the
database, and a claim is one conditional update.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from threading import Event, Thread

import structlog

from backend.due.handoffs import HandOffs
from backend.due.overdue import Overdue
from backend.due.recorder import TryRecorder
from backend.metrics import BackendMetrics
from backend.paging.channel import Channel
from backend.paging.outbox import ClaimedPage, PageOutbox
from backend.paging.outcome import Tries
from backend.paging.removed import Removed
from contract.instants import Clock, seconds

log = structlog.get_logger(__name__)

CYCLE_S = 1.0
RENEW_S = 1.0
GATHER_S = 0.02
"""How long the record of hand-offs waits for more of them: it yields to what is to be sent."""
ROUNDS = 100
"""How often one cycle looks again after its hand-offs have ended: enough for a ladder whose every
rung fails at once."""
STOP_S = 4.0
"""No longer does a stop wait, whatever hangs. The next process sends what is left, as repeats."""


class Engine:
    """Raises by time, escalates, sends. `cycle` may be called by anybody at any time.

    Started, it has a thread for each thing that must not wait for another: one sends what is due,
    one climbs ladders, one keeps the claims of hand-offs under way, one writes down how they end.
    """

    def __init__(
        self,
        overdue: Overdue,
        outbox: PageOutbox,
        channels: Mapping[str, Channel],
        metrics: BackendMetrics,
        clock: Clock,
    ) -> None:
        self._overdue = overdue
        self._outbox = outbox
        self._metrics = metrics
        self._clock = clock
        self._removed = Removed(outbox.database, outbox.ladders, tuple(channels))
        outcomes = Tries(outbox.database, outbox.ladders)
        self._recorder = TryRecorder(outcomes, metrics, hurried=partial(self.kick, climb=True))
        self._hand_offs = HandOffs(
            channels,
            clock,
            metrics,
            ended=self._recorder.add,
            freed=self._freed,
            still_ours=self._still_ours,
        )
        self._stopping = Event()
        self._to_send = Event()
        self._to_climb = Event()
        self._threads: list[Thread] = []
        self._crowded = False
        self._sent_ns: int | None = None
        self._climbed_ns: int | None = None

    @property
    def last_cycle_ns(self) -> int | None:
        """When it last did all that was due: the older of the last look and the last climb."""
        if self._sent_ns is None or self._climbed_ns is None:
            return None
        return min(self._sent_ns, self._climbed_ns)

    @property
    def runs(self) -> bool:
        """Whether it runs by itself, and is not driven by somebody's calls of `cycle`."""
        return bool(self._threads)

    @property
    def alive(self) -> bool:
        """Whether nothing has ended that should run by itself."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def hung(self) -> Mapping[str, int]:
        """How many hand-offs of each channel did not come back, and still have not."""
        return self._hand_offs.hung

    def start(self) -> None:
        """Run a cycle every second, and at once after a kick, on threads of its own."""
        loops = {
            "send": self._run_sending,
            "climb": self._run_climbing,
            "renew": self._run_renewing,
            "record": self._run_recording,
        }
        self._threads = [
            Thread(target=loop, name=f"engine-{name}", daemon=True) for name, loop in loops.items()
        ]
        self._to_send.set()
        self._to_climb.set()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads, and let hand-offs that are under way finish, within `STOP_S`."""
        until_s = time.monotonic() + STOP_S
        self._stopping.set()
        self._to_send.set()
        self._to_climb.set()
        self._recorder.wake()
        # Half of the time for those under way; then what has ended is written down.
        self._hand_offs.wait(STOP_S / 2)
        last = Thread(target=self._part, args=("record", self._recorder.write), daemon=True)
        last.start()
        for thread in (*self._threads, last):
            thread.join(max(0.0, until_s - time.monotonic()))
        left = [thread.name for thread in self._threads if thread.is_alive()]
        held = len(self._hand_offs.held) + len(self._recorder.held)
        if left or held:
            log.warning("stopped with work under way", threads=left, pages=held)

    def kick(self, *, climb: bool = False) -> None:
        """Say that a page may be due now, or with `climb` a rung as well.

        Every transaction that writes pages says the first by itself (`summons.PAGES`).
        """
        if climb:
            self._to_climb.set()
        self._to_send.set()

    def cycle(self, now_ns: int) -> int:
        """Do everything that is due at `now_ns`, wait for the hand-offs, and say how many began.

        What is due is sent before anything is raised or escalated, and what that makes due after.
        """
        begun = 0
        for _ in range(ROUNDS):
            sent = self._send_all(now_ns)
            self._climb(now_ns)
            sent += self._send_all(now_ns)
            begun += sent
            if not sent:
                break
        return begun

    def renew(self) -> None:
        """Give up what hangs, and keep the claims of what does not."""
        self._hand_offs.give_up_hung()
        self._outbox.renew((*self._hand_offs.held, *self._recorder.held), self._clock)

    def _run_sending(self) -> None:
        looked_s = -CYCLE_S
        while not self._stopping.is_set():
            self._to_send.wait(CYCLE_S)
            self._to_send.clear()
            # Leases run out by the second; what somebody kicked for is due now.
            lapsed = time.monotonic() - looked_s >= CYCLE_S
            if lapsed:
                looked_s = time.monotonic()
            if not self._stopping.is_set():
                self._send(self._clock, lapsed=lapsed)

    def _run_climbing(self) -> None:
        while not self._stopping.is_set():
            self._to_climb.wait(CYCLE_S)
            self._to_climb.clear()
            if not self._stopping.is_set():
                self._climb(self._clock())
                self._to_send.set()

    def _run_renewing(self) -> None:
        wait_s = RENEW_S
        while not self._stopping.wait(wait_s):
            began_s = time.monotonic()
            renewed = self._part("renew", self.renew)
            # Whoever has waited in vain waits on at once: others look whether we are alive.
            wait_s = RENEW_S if renewed else max(0.0, RENEW_S - (time.monotonic() - began_s))

    def _run_recording(self) -> None:
        while not self._stopping.is_set():
            if self._recorder.wait(CYCLE_S):
                # More will have ended in a moment, and one commit serves them all.
                self._stopping.wait(GATHER_S)
                self._part("record", self._recorder.write)
                if self._recorder.stuck:
                    self._stopping.wait(CYCLE_S)

    def _send_all(self, now_ns: int) -> int:
        begun = 0
        for _ in range(ROUNDS):
            claimed = self._send(lambda: now_ns, lapsed=True)
            self._hand_offs.wait()
            self._part("record", self._recorder.write)
            begun += claimed
            if not claimed:
                break
        return begun

    def _send(self, clock: Clock, *, lapsed: bool) -> int:
        """Hand off what is due and has room, and return how much that was. Waits for none."""
        began_s = time.perf_counter()
        begun = 0

        def look() -> None:
            nonlocal begun
            rooms, mine = self._hand_offs.rooms(), self._mine()
            found = self._outbox.claim(rooms, clock, mine=mine, lapsed=lapsed)
            self._crowded = found.crowded
            begun = len(found.claims)
            self._hand_offs.begin(found.claims)

        if self._part("send", look):
            self._sent_ns = clock()
        self._tell_cycle()
        self._metrics.cycle_s.observe(time.perf_counter() - began_s)
        return begun

    def _climb(self, now_ns: int) -> None:
        whole = self._part("raise", lambda: self._overdue.raise_unanswered(now_ns))
        whole &= self._part("removed", lambda: self._removed.withdraw(now_ns))
        whole &= self._part("escalate", lambda: self._overdue.escalate(now_ns))
        if whole:
            # A part that fails makes the cycle's age grow, and the watchdog outside sees it.
            self._climbed_ns = now_ns
        self._tell_cycle()

    def _tell_cycle(self) -> None:
        last_ns = self.last_cycle_ns
        if last_ns is not None:
            self._metrics.last_cycle.set(seconds(last_ns))

    def _mine(self) -> set[int]:
        """Return the pages that this process has in hand: it is not its own successor."""
        return {claim.page.id for claim in (*self._hand_offs.held, *self._recorder.held)}

    def _freed(self) -> None:
        if self._crowded:
            self._to_send.set()

    def _still_ours(self, claim: ClaimedPage) -> bool:
        return claim.key in self._outbox.renew([claim], self._clock)

    def _part(self, name: str, work: Callable[[], object]) -> bool:
        """Do one part of a cycle. What it raises is logged and counted, and stops no other part."""
        try:
            work()
        except Exception:
            self._metrics.cycle_failures.labels(name).inc()
            log.exception("a part of the paging cycle failed", part=name)
            return False
        return True
