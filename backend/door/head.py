"""HEAD: what GET would say, without its body. Proxies, monitors and link checkers ask so."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDLESS = "/events"
"""A stream has no end, and what it would say is only known when it says it."""


class HeadAsGet:
    """Answers HEAD wherever GET is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as a GET, and keep its body back."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].endswith(ENDLESS):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
