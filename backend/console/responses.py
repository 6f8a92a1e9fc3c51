"""What every address of the console answers with: guarded pages, live streams, plain refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from backend.console import wording
from backend.console.ports import Ports
from backend.console.streams import EventStream
from backend.metrics import Metrics
from contract.instants import NS_PER_MS

T = TypeVar("T")

log = structlog.get_logger(__name__)

GUARDS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    # An address can hold a signed link: it is not told to others.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    # What is shown is never older than it says.
    "Cache-Control": "no-store",
}
FRAGMENT_HEADER = "Floorwatch-Fragment"
"""A script that sends it gets the changed parts of the page, or one sentence with a 4xx."""


def page(html: str, status: int = 200) -> Response:
    """Return a page with the headers that guard its reader."""
    return HTMLResponse(html, status, GUARDS)


def stream(
    request: Request,
    name: str,
    look: Callable[[], T],
    render: Callable[[T], str],
    holds: Callable[[], bool] = lambda: True,
) -> Response:
    """Return a live stream of what `look` finds, while `holds`; see `Streams.follow`.

    503 when too many are open. A page then says how old it is, and tries again.
    """
    ports = Ports.of(request)
    seat = ports.streams.seat(request.client.host if request.client else "")
    if seat is None:
        metrics: Metrics | None = getattr(request.app.state, "metrics", None)
        if metrics is not None:
            metrics.refusals.labels("TooManyStreams").inc()
        busy = {**GUARDS, "Retry-After": "5"}
        return PlainTextResponse("Too many pages are followed live. Reload by hand.", 503, busy)
    events = ports.streams.follow(name, look, render, lambda: ports.clock() // NS_PER_MS, holds)
    return EventStream(events, {**GUARDS, "X-Accel-Buffering": "no"}, seat)


def refuse(request: Request, status: int, sentence: str, page: Response) -> Response:
    """Log a refusal; answer a script with its sentence, and a reader with a whole page."""
    sentence = wording.sentence(sentence)
    # The route, not the path: a path can hold a link that still works.
    route = getattr(request.scope.get("route"), "path", "")
    log.info("console.refused", route=route, status=status, reason=sentence)
    if FRAGMENT_HEADER in request.headers:
        return PlainTextResponse(sentence, status, GUARDS)
    return page
