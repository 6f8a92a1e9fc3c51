"""Threads are shared out by what a request is for: nobody who reads takes those of an alarm.

A route that touches the database works in a thread. All of them used to share one pool of forty:
forty slow readers, and no detection was taken in. Each lane now has threads of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from anyio import CapacityLimiter, move_on_after
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import problem
from backend.metrics import BackendMetrics


class RequestLane(StrEnum):
    """What a request is for."""

    INTAKE = "intake"
    """Detections and the gateway's report."""
    ANSWERS = "answers"
    """What people do about incidents and places, and the links of their pages."""
    READING = "reading"
    """Everything that is read, and bulk: evidence, clips."""
    FREE = "free"
    """Answered from memory; takes no thread."""


THREADS: Mapping[RequestLane, int] = {
    RequestLane.INTAKE: 12,
    RequestLane.ANSWERS: 12,
    RequestLane.READING: 12,
}
POOL_THREADS = 64
"""Of the pool that all lanes stand on. More than they have together: nobody waits in it."""
WAIT_S = 5.0
"""How long a request waits for a thread of its lane; then 503."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ROUTES: tuple[tuple[re.Pattern[str], bool | None, RequestLane], ...] = (
    # path, whether the method is a safe one (None: either), lane; the first that fits counts
    (re.compile(r"/(healthz|readyz|metrics|openapi\.json|static/.*)"), True, RequestLane.FREE),
    (re.compile(r"/api/v1/(detections|report)"), False, RequestLane.INTAKE),
    (re.compile(r"/api/v1/(detections/[^/]*/evidence|clips/.*)"), None, RequestLane.READING),
    (re.compile(r"/a/[^/]*"), None, RequestLane.ANSWERS),
    (re.compile(r".*"), False, RequestLane.ANSWERS),
)

_BODY_NOT_READ = re.compile(r"/(a|sign-in)/[^/]*")
"""The address says everything."""


def lane_of(method: str, path: str) -> RequestLane:
    """Return the lane of a request.

    >>> str(lane_of("POST", "/api/v1/detections")), str(lane_of("POST", "/i/7/end"))
    ('intake', 'answers')
    """
    for pattern, safe, lane in _ROUTES:
        if safe in (None, method in SAFE) and pattern.fullmatch(path):
            return lane
    return RequestLane.READING


class RequestLanes:
    """Lets so many requests of a lane work at once. The rest waits a little, then gets 503.

    A place is taken when the body has arrived and given back when the answer begins: a slow sender
    and a slow reader hold none.
    """

    def __init__(self, app: ASGIApp, metrics: BackendMetrics, wait_s: float = WAIT_S) -> None:
        self._app = app
        self._metrics = metrics
        self._wait_s = wait_s
        self._lanes = {lane: CapacityLimiter(threads) for lane, threads in THREADS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when there is a place."""
        lane = (
            lane_of(scope["method"], scope["path"]) if scope["type"] == "http" else RequestLane.FREE
        )
        if lane is RequestLane.FREE:
            await self._app(scope, receive, send)
            return
        place = _Place(self._lanes[lane], self._wait_s)
        answered = False

        async def watched() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                await place.take()
            return message

        async def sending(message: Message) -> None:
            nonlocal answered
            answered = True
            place.give_back()
            await send(message)

        try:
            if not _body_is_read(scope):
                await place.take()
            await self._app(scope, watched, sending)
        except _BusyError:
            if answered:
                raise
            self._metrics.refusals.labels(f"Busy:{lane}").inc()
            words = f"everything that does the work of this kind ({lane}) is busy"
            answer = problem(503, "BusyError", words, "come back", None, **{"Retry-After": "2"})
            await answer(scope, receive, send)
        finally:
            place.give_back()


class _BusyError(Exception):
    """Nobody was free in time."""


class _Place:
    """A place in a lane: taken once, given back once."""

    def __init__(self, lane: CapacityLimiter, wait_s: float) -> None:
        self._lane = lane
        self._wait_s = wait_s
        self._state = "not taken"

    async def take(self) -> None:
        if self._state != "not taken":
            return
        with move_on_after(self._wait_s):
            await self._lane.acquire_on_behalf_of(self)
            self._state = "taken"
            return
        raise _BusyError

    def give_back(self) -> None:
        if self._state == "taken":
            self._lane.release_on_behalf_of(self)
        self._state = "given back"


def _body_is_read(scope: Scope) -> bool:
    """Whether the route waits for a body: one of these routes, and a request that has one."""
    if scope["method"] not in {"POST", "PUT", "PATCH"} or _BODY_NOT_READ.fullmatch(scope["path"]):
        return False
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
