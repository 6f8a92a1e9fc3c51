"""HEAD: what GET would say, without its body. Proxies, monitors and link checkers ask so."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDLESS = "/events"
"""A stream has no end, and what it would say is only known when it says it."""

UPLOADS = "/api/v1/clips/"
"""Here HEAD has a meaning of its own: how much of a clip has arrived."""


class HeadAsGet:
    """Answers HEAD wherever GET is answered. Who has a HEAD of their own is left to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as a GET, and keep its body back."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or _has_its_own(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


def _has_its_own(path: str) -> bool:
    return path.endswith(ENDLESS) or path.startswith(UPLOADS)
