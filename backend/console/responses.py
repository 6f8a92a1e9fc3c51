"""What every address of the console answers with: guarded pages and plain refusals."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from backend.console import wording

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


def refuse(request: Request, status: int, sentence: str, page: Response) -> Response:
    """Log a refusal; answer a script with its sentence, and a reader with a whole page."""
    sentence = wording.sentence(sentence)
    # The route, not the path: a path can hold a link that still works.
    route = getattr(request.scope.get("route"), "path", "")
    log.info("console.refused", route=route, status=status, reason=sentence)
    if FRAGMENT_HEADER in request.headers:
        return PlainTextResponse(sentence, status, GUARDS)
    return page
