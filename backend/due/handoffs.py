"""Hand-offs under way: each on a thread of its own, none waited for past its deadline.

A thread cannot be ended from outside. A channel that does not come back is therefore left alone:
its place is free again, its thread is counted, and a channel with too many of them gets no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Condition, Thread

import structlog

from backend.errors import DeliveryError
from backend.metrics import BackendMetrics
from backend.paging.channel import Channel
from backend.paging.lanes import ChannelRoom
from backend.paging.outbox import ClaimedPage
from backend.paging.outcome import EndedTry, TryResult
from backend.paging.refusing import Refusing
from contract.instants import Clock

log = structlog.get_logger(__name__)

GRACE_S = 1.0
"""A channel that keeps its deadline may still need so long to say so."""
MOST_HUNG = 8
"""Threads that one channel may keep for itself. With so many it is out of order and not asked, so
there are never more than these and one for each of its places."""
FENCE_S = 2.0
"""Whoever comes to send so long after the claim (a process that was stopped) asks again whether
the page is still theirs. Well below the lease."""
ERROR_LENGTH = 1000


@dataclass
class _UnderWay:
    claim: ClaimedPage
    until_s: float
    given_up: bool = False
    thread: Thread = field(init=False)


class HandOffs:
    """All that is being handed off by this process."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        clock: Clock,
        metrics: BackendMetrics,
        *,
        ended: Callable[[EndedTry], None],
        freed: Callable[[], None],
        still_ours: Callable[[ClaimedPage], bool],
    ) -> None:
        self._channels = channels
        self._clock = clock
        self._metrics = metrics
        self._ended = ended
        self._freed = freed
        self._still_ours = still_ours
        self._changed = Condition()
        self._under_way: dict[tuple[int, int], _UnderWay] = {}
        self._hung: dict[str, int] = dict.fromkeys(channels, 0)
        self._refusing = Refusing()

    def rooms(self) -> dict[str, ChannelRoom]:
        """Return the places of every channel that is in order, as they are taken now."""
        now_ns = self._clock()
        with self._changed:
            rooms = {
                name: ChannelRoom(most_retries=self._refusing.most_retries(name, now_ns))
                for name, hung in self._hung.items()
                if hung < MOST_HUNG
            }
            for each in self._under_way.values():
                claim = each.claim
                if not each.given_up and claim.channel in rooms:
                    rooms[claim.channel].enter(claim.lane, claim.receiver, retry=claim.retry)
        return rooms

    @property
    def hung(self) -> dict[str, int]:
        """How many hand-offs of each channel did not come back, and still have not."""
        with self._changed:
            return dict(self._hung)

    @property
    def held(self) -> list[ClaimedPage]:
        """The claims that are being handed off, and not given up."""
        with self._changed:
            return [each.claim for each in self._under_way.values() if not each.given_up]

    def begin(self, claims: Iterable[ClaimedPage]) -> None:
        """Hand these off, all at once. Returns before any of them has ended."""
        for claim in claims:
            within_s = self._channels[claim.channel].deadline_s + GRACE_S
            each = _UnderWay(claim, time.monotonic() + within_s)
            # Daemons: a process that is asked to end does not wait for a channel.
            each.thread = Thread(
                target=self._run, args=(each,), name=f"page-{claim.channel}", daemon=True
            )
            with self._changed:
                self._under_way[claim.key] = each
            try:
                each.thread.start()
            except RuntimeError as error:  # no more threads
                self._tell(each, TryResult.FAILED, f"no thread to send it: {error}")

    def wait(self, within_s: float | None = None) -> bool:
        """Wait until nothing is under way that is not given up; return whether it came to that."""
        end_s = None if within_s is None else time.monotonic() + within_s
        while True:
            self.give_up_hung()
            with self._changed:
                open_now = [each for each in self._under_way.values() if not each.given_up]
                if not open_now:
                    return True
                until_s = min(each.until_s for each in open_now)
                until_s = until_s if end_s is None else min(until_s, end_s)
                self._changed.wait(max(0.001, until_s - time.monotonic()))
            if end_s is not None and time.monotonic() >= end_s:
                return False

    def give_up_hung(self) -> None:
        """Free the places of those that have not come back by their deadline."""
        now_s = time.monotonic()
        with self._changed:
            late = [
                each
                for each in self._under_way.values()
                if not each.given_up and each.until_s <= now_s
            ]
            for each in late:
                each.given_up = True
                self._hung[each.claim.channel] += 1
            self._changed.notify_all()
        for each in late:
            claim = each.claim
            hung = self.hung[claim.channel]
            self._metrics.hung.labels(claim.channel).set(hung)
            log.error(
                "a channel does not come back: its thread is left alone",
                channel=claim.channel,
                page=claim.page.id,
                hung=hung,
                out_of_order=hung >= MOST_HUNG,
            )
            why = f"did not come back within {self._channels[claim.channel].deadline_s:g} s"
            self._refused_by(claim)
            self._ended(EndedTry(claim, TryResult.HUNG, self._clock(), why))
        if late:
            self._freed()

    def _refused_by(self, claim: ClaimedPage) -> None:
        now_ns = self._clock()
        self._refusing.heard(claim.channel, claim.receiver, taken=False, now_ns=now_ns)

    def _run(self, each: _UnderWay) -> None:
        try:
            result, told = self._try(each.claim)
        except BaseException as error:
            log.exception("a hand-off ended in an unknown way", page=each.claim.page.id)
            result, told = TryResult.FAILED, f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
        self._tell(each, result, told)

    def _try(self, claim: ClaimedPage) -> tuple[TryResult | None, str]:
        if time.monotonic() - claim.since_s > FENCE_S and not self._still_ours(claim):
            return None, ""
        told = log.bind(page=claim.page.id, incident=claim.page.incident, channel=claim.channel)
        try:
            reference = str(self._channels[claim.channel].send(claim.page))
        except DeliveryError as error:
            told.warning("page not taken", error=str(error), refused=error.permanent)
            return (TryResult.REFUSED if error.permanent else TryResult.FAILED), str(error)
        except Exception as error:
            told.warning("page not taken", exc_info=True)
            return TryResult.FAILED, f"{type(error).__name__}: {error}"
        told.info("page sent", to=claim.page.to.person, severity=str(claim.page.severity))
        return TryResult.SENT, reference

    def _tell(self, each: _UnderWay, result: TryResult | None, told: str) -> None:
        claim = each.claim
        at_ns = self._clock()
        if result is TryResult.SENT:
            self._refusing.heard(claim.channel, claim.receiver, taken=True, now_ns=at_ns)
        elif result is not None and not each.given_up:
            self._refused_by(claim)
        # Told before the place is free: whoever looks then finds it either here or there.
        if result is TryResult.SENT or (result is not None and not each.given_up):
            self._ended(EndedTry(claim, result, at_ns, told[:ERROR_LENGTH]))
        with self._changed:
            self._under_way.pop(claim.key, None)
            if each.given_up:
                self._hung[claim.channel] -= 1
                self._metrics.hung.labels(claim.channel).set(self._hung[claim.channel])
            self._changed.notify_all()
        self._freed()
