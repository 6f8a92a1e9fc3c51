"""Live pages: Server-Sent Events in which every event carries the whole state.

A stream looks at the store once a second. What has changed is sent whole, so a reconnect misses
nothing. What has not is confirmed by a beat – sent only after a look that succeeded, so that a page
says "live" exactly when its state was read from the store a moment ago.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

RETRY_MS = 2000
"""How soon a browser comes back after a stream has broken."""

MOST_STREAMS = 200
LOOKS_AT_ONCE = 4

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _Sight(Generic[T]):
    """What was seen last under one name, shared by everybody who follows it."""

    followers: int = 0
    seen_at_s: float = float("-inf")
    seen: T | None = None
    failing: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Streams:
    """Every open stream of one application: shared looks, and one way to end them all.

    Parameters
    ----------
    look_s
        Time between two looks at the store. Streams that follow the same thing share a look.
    beat_s
        Longest silence of a healthy stream.
    most
        How many may be open at once; half of them from one address.
    """

    def __init__(self, look_s: float = 1.0, beat_s: float = 4.0, most: int = MOST_STREAMS) -> None:
        self.look_s = look_s
        self.beat_s = beat_s
        self._most = most
        self._seats: Counter[str] = Counter()
        # Threads of their own: however many pages are followed, no request waits for theirs.
        self._threads = CapacityLimiter(LOOKS_AT_ONCE)
        self._closing = threading.Event()
        self._sights: dict[str, _Sight[object]] = {}

    @property
    def stale_ms(self) -> int:
        """From this silence on a page must not look live: two beats missed, and some slack."""
        return round(2500 * self.beat_s)

    @property
    def following(self) -> int:
        """How many streams are open."""
        return sum(sight.followers for sight in self._sights.values())

    def seat(self, address: str) -> Callable[[], None] | None:
        """Take a place for one more stream; return what gives it back, None when there is none."""
        if self._seats.total() >= self._most or self._seats[address] >= max(1, self._most // 2):
            return None
        self._seats[address] += 1

        def give_back() -> None:
            self._seats[address] -= 1
            if not self._seats[address]:
                del self._seats[address]

        return give_back

    def close(self) -> None:
        """End every stream, within one look. From any thread; idempotent."""
        self._closing.set()

    async def follow(
        self,
        name: str,
        look: Callable[[], T],
        render: Callable[[T], str],
        now_ms: Callable[[], int],
        holds: Callable[[], bool] = lambda: True,
    ) -> AsyncGenerator[str, None]:
        """Yield the stream of what `look` finds until the client goes or `close` is called.

        Parameters
        ----------
        name
            Streams of the same name share their looks.
        look
            Reads the store, in a worker thread. What it raises is logged; the stream goes on.
        render
            Turns what was found into the page's fragment.
        now_ms
            The server's time, for the pages' countdowns.
        holds
            Whether its reader may still see it; the stream ends when not.
        """
        sight = self._sights.setdefault(name, _Sight())
        sight.followers += 1
        loop = asyncio.get_running_loop()
        sent: T | None = None
        quiet_since_s = float("-inf")
        try:
            yield f"retry: {RETRY_MS}\n\n"
            while not self._closing.is_set() and holds():
                try:
                    found = await self._look(sight, look, fresh=sent is None)
                except Exception as problem:  # the store is away: stay silent, the page turns stale
                    if not sight.failing:
                        log.warning("console.look_failed", following=name, error=str(problem))
                    sight.failing = True
                else:
                    sight.failing = False
                    if found != sent:
                        yield event("state", render(found))
                        sent, quiet_since_s = found, loop.time()
                    elif loop.time() - quiet_since_s >= self.beat_s:
                        yield event("beat", str(now_ms()))
                        quiet_since_s = loop.time()
                await asyncio.sleep(self.look_s)
        finally:
            sight.followers -= 1
            if not sight.followers:
                self._sights.pop(name, None)

    async def _look(self, sight: _Sight[object], look: Callable[[], T], *, fresh: bool) -> T:
        # A new stream never starts from a shared look: it could be older than the page itself.
        async with sight.lock:
            age_s = asyncio.get_running_loop().time() - sight.seen_at_s
            if fresh or age_s > 0.9 * self.look_s:
                sight.seen = await to_thread.run_sync(look, limiter=self._threads)
                sight.seen_at_s = asyncio.get_running_loop().time()
            return sight.seen  # type: ignore[return-value]  # one name, one type


def event(name: str, data: str) -> str:
    r"""Return one Server-Sent Event.

    >>> event("state", "<p>\n</p>")
    'event: state\ndata: <p>\ndata: </p>\n\n'
    """
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"


class EventStream(StreamingResponse):
    """Server-Sent Events that end with their browser.

    A browser may go while a piece is being sent. The generator then stands at a `yield`, and would
    count as a follower until the garbage collector came by.
    """

    def __init__(
        self,
        events: AsyncGenerator[str, None],
        headers: Mapping[str, str],
        give_back: Callable[[], None],
    ) -> None:
        super().__init__(events, 200, headers, "text/event-stream")
        self._events = events
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until one side ends, then let the events go."""
        # The connection is one that lasts: nobody calls it slow.
        scope.setdefault("state", {})["stream"] = True
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._give_back()
            await self._events.aclose()
