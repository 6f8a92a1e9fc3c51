"""What surrounds every request: the largest body that is read, and headers that protect readers."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import problem
from backend.metrics import BackendMetrics

MAX_BODY_BYTES = 2_000_000
"""A waveform of 40,000 samples is 320 kB in base64; nothing that we read is near this."""

MAX_FORM_BYTES = 64_000
"""Of the console's forms, which are read before it is known who sends them."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _TooLargeError(Exception):
    """Unwinds the application while it reads a body that goes on for too long."""


class BodyLimit:
    """Answers 413 to a body over 2 MB, a form over 64 kB, whether it says its length or not."""

    def __init__(self, app: ASGIApp, metrics: BackendMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what it reads."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most_bytes = MAX_BODY_BYTES if scope["path"].startswith("/api/") else MAX_FORM_BYTES
        read_bytes = 0
        answered = False

        async def counted() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > most_bytes:
                raise _TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            if _declared_bytes(scope) > most_bytes:
                raise _TooLargeError
            await self._app(scope, counted, watched)
        except _TooLargeError:
            if answered:
                raise
            self._metrics.refusals.labels("TooLargeError").inc()
            detail = f"a body of more than {most_bytes} bytes is not read here"
            await problem(413, "TooLargeError", detail, Connection="close")(scope, receive, send)


class SecurityHeaders:
    """Adds what a page of ours says to a browser, unless the page says something itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to its answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
