"""A browser that wants to follow a page live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from backend.api.needs import TheClock, TheMetrics
from backend.console.needs import TheStreams
from backend.console.rendering import Live
from backend.console.responses import GUARDS
from backend.console.streams import EventStream, Streams
from backend.metrics import BackendMetrics
from contract.instants import NS_PER_MS, Clock

T = TypeVar("T")


@dataclass(frozen=True)
class LiveReader:
    """Gives a request its live stream, while there is a seat."""

    request: Request
    streams: Streams
    clock: Clock
    metrics: BackendMetrics

    def live(self, url: str) -> Live:
        """Return where a page gets its updates, and when it must stop to look live."""
        return Live(url, self.streams.stale_ms)

    def stream(
        self,
        name: str,
        look: Callable[[], T],
        render: Callable[[T], str],
        holds: Callable[[], bool] = lambda: True,
    ) -> Response:
        """Return a live stream of what `look` finds, while `holds`; see `Streams.follow`.

        503 when too many are open. A page then says how old it is, and tries again.
        """
        seat = self.streams.seat(self.request.client.host if self.request.client else "")
        if seat is None:
            self.metrics.refusals.labels("TooManyStreams").inc()
            busy = {**GUARDS, "Retry-After": "5"}
            return PlainTextResponse("Too many pages are followed live. Reload by hand.", 503, busy)
        events = self.streams.follow(name, look, render, lambda: self.clock() // NS_PER_MS, holds)
        return EventStream(events, {**GUARDS, "X-Accel-Buffering": "no"}, seat)


async def follower(
    request: Request, streams: TheStreams, clock: TheClock, metrics: TheMetrics
) -> LiveReader:
    """Return what follows, for this request."""
    return LiveReader(request, streams, clock, metrics)


TheLiveReader = Annotated[LiveReader, Depends(follower)]
