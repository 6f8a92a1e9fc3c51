"""Every open connection: let in, watched, and closed when it takes too long or too much.

A limit that refuses newcomers is a gift to whoever came first with a thousand idle sockets. So a
newcomer is let in, and what waits longest for nothing is closed for it; what is being served never
is. If everything is being served, some connections more are let in on which only what must not
wait is answered: detections, acknowledgements, links of pages.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import h11
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle

from backend.api.problems import problem
from backend.door.crowd import Crowd
from backend.door.descriptors import Capacity
from backend.door.lanes import RequestLane, lane_of
from backend.door.phases import Phase, gives_way, network_of, overdue, rank_of
from backend.metrics import BackendMetrics

log = structlog.get_logger(__name__)

SWEEP_S = 0.5
LARGEST_HEAD_BYTES = 32_768
STREAM = "stream"
PROVED = "proved"
"""Marks that an answer leaves in `scope["state"]`."""
_TOO_LATE = {
    Phase.HEADERS: "the head of the request did not arrive in time",
    Phase.BODY: "the body did not arrive in time",
}


class Connections:
    """The table of one server. Used on its event loop alone."""

    def __init__(self, capacity: Capacity, metrics: BackendMetrics) -> None:
        self.capacity = capacity
        self._metrics = metrics
        self._open: dict[HttpConnection, str] = {}
        self._everybody: Crowd[HttpConnection] = Crowd()
        self._of_address: defaultdict[str, Crowd[HttpConnection]] = defaultdict(Crowd)
        self._beyond: set[HttpConnection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, newcomer: HttpConnection) -> None:
        """Make room for a newcomer, or let it in for what is essential, or close it."""
        address = network_of(newcomer.client[0]) if newcomer.client else ""
        now_s = newcomer.loop.time()
        crowd: Crowd[HttpConnection] | None = None
        if self._from(address) >= self.capacity.each_address:
            crowd = self._of_address[address]
        elif len(self._open) >= self.capacity.connections:
            crowd = self._everybody
        if crowd is not None:
            oldest = gives_way(crowd.longest_waiting(), now_s)
            if oldest is not None:
                self._refuse("ConnectionGaveWay")
                self._close(oldest)
            elif len(self._beyond) < self.capacity.essential:
                self._beyond.add(newcomer)
                newcomer.serve_only_what_is_essential(self._metrics)
            else:
                self._refuse("TooManyConnections")
                newcomer.transport.abort()
                return
        self._open[newcomer] = address
        self.moved(newcomer)
        self._metrics.connections.set(len(self._open))

    def moved(self, one: HttpConnection) -> None:
        """Note that a connection does something else now."""
        address = self._open.get(one)
        if address is not None:
            rank = rank_of(one)
            self._everybody.put(one, rank)
            self._of_address[address].put(one, rank)

    def crowded(self, one: HttpConnection) -> bool:
        """Whether there are still too many; then a connection beyond the limit stays one."""
        address = self._open.get(one, "")
        many = len(self._open) > self.capacity.connections
        if many or self._from(address) > self.capacity.each_address:
            return True
        self._beyond.discard(one)
        return False

    def forget(self, gone: HttpConnection) -> None:
        """Take a connection out that has ended. May be repeated."""
        self._beyond.discard(gone)
        address = self._open.pop(gone, None)
        if address is None:
            return
        self._everybody.drop(gone)
        self._of_address[address].drop(gone)
        if not len(self._of_address[address]):
            del self._of_address[address]
        self._metrics.connections.set(len(self._open))

    def sweep(self, now_s: float) -> None:
        """Close what has been at one thing for too long."""
        for each in list(self._open):
            each.look()
            if overdue(each.phase, each.since_s, each.asked_s, now_s):
                if each.phase is not Phase.IDLE:
                    self._refuse(f"TooSlow:{each.phase}")
                each.give_up()

    async def watch(self) -> None:
        """Sweep for as long as the server runs."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                self.sweep(loop.time())
            except Exception:  # a fault here must not be the end of every time-out
                log.exception("connections could not be swept")

    def close_what_asks_nothing(self) -> None:
        """Cut every connection on which no whole request has come."""
        for each in list(self._open):
            if each.phase in (Phase.HEADERS, Phase.IDLE, Phase.BODY, Phase.CLOSING):
                self._close(each)

    def close_all(self) -> None:
        """Cut every connection."""
        for each in list(self._open):
            self._close(each)

    def _from(self, address: str) -> int:
        return len(self._of_address[address]) if address in self._of_address else 0

    def _close(self, connection: HttpConnection) -> None:
        connection.transport.abort()
        self.forget(connection)

    def _refuse(self, reason: str) -> None:
        self._metrics.refusals.labels(reason).inc()


class HttpConnection(H11Protocol):
    """uvicorn's connection, which knows what it is doing and since when."""

    def __init__(self, table: Connections, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._table = table
        self._begun = False
        self._seen: tuple[Phase, object] | None = None
        self.since_s = self.loop.time()
        self.asked_s: float | None = None

    @property
    def request(self) -> RequestResponseCycle | None:
        """The last request, answered or not. uvicorn's own name for it claims that there is one."""
        return self.cycle

    @property
    def phase(self) -> Phase:
        """What it is doing now."""
        cycle = self.request
        if self.transport.is_closing():
            return Phase.CLOSING
        if self.flow.write_paused:
            return Phase.UNREAD
        if cycle is None or (cycle.response_complete and self._begun):
            return Phase.HEADERS
        if cycle.response_complete:
            return Phase.IDLE
        if cycle.more_body:
            return Phase.BODY
        return Phase.STREAM if self.scope["state"].get(STREAM) else Phase.WORKING

    @property
    def proved(self) -> bool:
        """Whether its last request was let in by the API."""
        return self.request is not None and bool(self.scope["state"].get(PROVED))

    def look(self) -> None:
        """Note since when it is doing what it does."""
        seen = (self.phase, self.cycle)
        if seen == self._seen:
            return
        now_s = self.loop.time()
        if self._seen is None or self._seen[1] is not self.cycle:
            self.asked_s = now_s
        if self.request is None or self.request.response_complete:
            self.asked_s = None
        self._seen, self.since_s = seen, now_s
        self._table.moved(self)

    def serve_only_what_is_essential(self, metrics: BackendMetrics) -> None:
        """Answer 503 to everything else, for as long as there are too many."""
        self.app = EssentialOnly(self.app, metrics, lambda: self._table.crowded(self))

    def give_up(self) -> None:
        """Say 408 where an answer can still be heard, and close."""
        phase, cycle = self.phase, self.request
        words = _TOO_LATE.get(phase)
        if words is None or (phase is Phase.BODY and cycle is not None and cycle.response_started):
            self.transport.abort()
            return
        answer = problem(408, "TooSlowError", words, HttpConnection="close")
        said = [f"HTTP/1.1 408 {STATUS_PHRASES[408].decode()}".encode()]
        said += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join(said) + b"\r\n\r\n" + bytes(answer.body))
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()
        self.look()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, if there is room."""
        super().connection_made(transport)
        self.look()
        self._table.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._table.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read."""
        if self.transport.is_closing():
            return
        before = self.request
        super().data_received(data)
        self._begun = self.request is before and (before is None or before.response_complete)
        self.look()

    def on_response_complete(self) -> None:
        """Wait for a next request."""
        self._begun = False
        super().on_response_complete()
        self.look()

    def pause_writing(self) -> None:
        """Wait for the other side to read."""
        super().pause_writing()
        self.look()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        if self.request is not None:
            self.look()

    def handle_events(self) -> None:
        """Handle what has been read; a request whose connection was closed for another is none."""
        if self.conn.our_state is not h11.ERROR:
            super().handle_events()


class EssentialOnly:
    """The application of a connection beyond the limit."""

    def __init__(self, app: Any, metrics: BackendMetrics, crowded: Callable[[], bool]) -> None:
        self._app: ASGIApp = app
        self._metrics = metrics
        self._crowded = crowded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what must not wait; answer 503 to the rest."""
        lane = lane_of(scope["method"], scope["path"])
        if lane in ESSENTIAL_LANES or not self._crowded():
            await self._app(scope, receive, send)
            return
        self._metrics.refusals.labels("TooManyConnections").inc()
        answer = problem(
            503,
            "TooManyConnections",
            "every connection is in use; detections and acknowledgements are still taken",
            "come back in some seconds",
            None,
            HttpConnection="close",
            **{"Retry-After": "5"},
        )
        await answer(scope, receive, send)


ESSENTIAL_LANES = frozenset({RequestLane.INTAKE, RequestLane.ANSWERS, RequestLane.FREE})
