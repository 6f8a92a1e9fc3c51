"""The engine: looks at everything and does what is due. A query over state, never a queue.

It may be killed at any instruction and run by two processes at once: what is due is written in the
database, and a claim is one conditional update.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Lock, Thread
from typing import NamedTuple

import structlog

from backend.due.overdue import Overdue
from backend.errors import DeliveryError
from backend.metrics import Metrics
from backend.paging.channel import Channel
from backend.paging.outbox import LONGEST_HAND_OFF_S, Claim, Outbox
from contract.instants import Clock, seconds

log = structlog.get_logger(__name__)

CYCLE_S = 1.0
WORKERS = 8
"""Hand-offs at a time on one channel. Each channel has its own, so a slow mail server delays
nobody's text message; and no more pages are claimed than can be handed off at once, so that none
waits in a queue where no other engine can take it."""
ROUNDS = 100
"""How often one cycle looks again after its hand-offs have ended: enough for a ladder whose every
rung fails at once."""


class UnderWay(NamedTuple):
    """A hand-off that has not ended, and since when, by a clock that nobody sets."""

    claim: Claim
    since_s: float


class Engine:
    """Raises by time, escalates, sends. `cycle` may be called by anybody at any time."""

    def __init__(
        self,
        overdue: Overdue,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._overdue = overdue
        self._outbox = outbox
        self._channels = channels
        self._metrics = metrics
        self._clock = clock
        self._pools = {
            name: ThreadPoolExecutor(WORKERS, thread_name_prefix=f"page-{name}")
            for name in channels
        }
        self._under_way: dict[str, dict[tuple[int, int], UnderWay]] = {
            name: {} for name in channels
        }
        self._under_way_lock = Lock()
        self._kicked = Event()
        self._stopping = Event()
        self._thread: Thread | None = None
        self.last_cycle_ns: int | None = None

    @property
    def runs(self) -> bool:
        """Whether it runs by itself, and is not driven by somebody's calls of `cycle`."""
        return self._thread is not None

    @property
    def alive(self) -> bool:
        """Whether nothing has ended that should run by itself."""
        return self._thread is None or self._thread.is_alive()

    def start(self) -> None:
        """Run a cycle every second, and at once after a kick, on a thread of its own."""
        self._thread = Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and let hand-offs that are under way finish."""
        self._stopping.set()
        self._kicked.set()
        if self._thread is not None:
            self._thread.join()
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def kick(self) -> None:
        """Say that something may be due now."""
        self._kicked.set()

    def cycle(self, now_ns: int) -> int:
        """Do everything that is due at `now_ns`, wait for the hand-offs, and say how many began."""
        begun = 0
        for _ in range(ROUNDS):
            futures = self._look(now_ns)
            wait(futures)
            begun += len(futures)
            if not futures:
                break
        return begun

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._kicked.wait(CYCLE_S)
            self._kicked.clear()
            if not self._stopping.is_set():
                self._look(self._clock())

    def _look(self, now_ns: int) -> list[Future[None]]:
        began = time.perf_counter()
        whole = self._part("raise", lambda: self._overdue.raise_unanswered(now_ns))
        whole &= self._part("escalate", lambda: self._overdue.escalate(now_ns))
        whole &= self._part("renew", lambda: self._renew(now_ns))
        whole &= self._part("withdraw", lambda: self._outbox.withdraw_abandoned(now_ns))
        futures: list[Future[None]] = []
        for name in self._channels:
            whole &= self._part(f"send-{name}", partial(self._send, name, now_ns, futures))
        if whole:
            # A part that fails makes the cycle's age grow, and the watchdog outside sees it.
            self.last_cycle_ns = now_ns
            self._metrics.last_cycle.set(seconds(now_ns))
        self._metrics.cycle_s.observe(time.perf_counter() - began)
        return futures

    def _part(self, name: str, work: Callable[[], object]) -> bool:
        """Do one part of a cycle. What it raises is logged and counted, and stops no other part."""
        try:
            work()
        except Exception:
            self._metrics.cycle_failures.labels(name).inc()
            log.exception("a part of the paging cycle failed", part=name)
            return False
        return True

    def _renew(self, now_ns: int) -> None:
        """Keep the claims of hand-offs that go on, so that nobody takes their sender for dead."""
        from_s = time.monotonic() - LONGEST_HAND_OFF_S
        with self._under_way_lock:
            every = [each for channel in self._under_way.values() for each in channel.values()]
        self._outbox.renew([each.claim for each in every if each.since_s >= from_s], now_ns)

    def _send(self, channel: str, now_ns: int, begun: list[Future[None]]) -> None:
        with self._under_way_lock:
            free = WORKERS - len(self._under_way[channel])
        claims = self._outbox.claim(channel, free, now_ns) if free > 0 else ()
        with self._under_way_lock:
            self._under_way[channel] |= {_key(c): UnderWay(c, time.monotonic()) for c in claims}
        begun += [self._pools[channel].submit(self._hand_off, claim) for claim in claims]

    def _hand_off(self, claim: Claim) -> None:
        try:
            self._try(claim)
        except Exception:
            # Its lease runs out, and the page is sent again as a repeat.
            self._metrics.cycle_failures.labels("record").inc()
            log.exception("what became of a page could not be written down", page=claim.page.id)
        finally:
            with self._under_way_lock:
                of_channel = self._under_way[claim.channel]
                was_full = len(of_channel) >= WORKERS
                of_channel.pop(_key(claim), None)
            if was_full:
                self.kick()

    def _try(self, claim: Claim) -> None:
        told = log.bind(page=claim.page.id, incident=claim.page.incident, channel=claim.channel)
        try:
            reference = self._channels[claim.channel].send(claim.page)
        except Exception as error:
            refused = isinstance(error, DeliveryError)
            why = str(error) if refused else f"{type(error).__name__}: {error}"
            permanent = isinstance(error, DeliveryError) and error.permanent
            told.warning("page not taken", error=why, permanent=permanent, exc_info=not refused)
            self._metrics.pages.labels(claim.channel, "failed").inc()
            if self._outbox.failed(claim, why[:1000], self._clock(), permanent=permanent):
                self.kick()
            return
        at_ns = self._clock()
        self._outbox.sent(claim, reference, at_ns)
        self._metrics.pages.labels(claim.channel, "sent").inc()
        self._metrics.page_latency_s.observe(max(0.0, seconds(at_ns - claim.page.created_ns)))
        told.info("page sent", to=claim.page.to.person, severity=str(claim.page.severity))


def _key(claim: Claim) -> tuple[int, int]:
    return claim.page.id, claim.attempt
