"""The red lines at the head of every page: what is wrong with Floorwatch itself at this moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

Lines = Callable[[], Sequence[str]]
_of_request: ContextVar[Lines] = ContextVar("troubles", default=tuple)


class Troubles:
    """Lets every page that a request renders ask what is wrong, and forget none of them.

    Parameters
    ----------
    lines
        Returns the sentences. Strangers read them: they name nobody.
    """

    def __init__(self, app: ASGIApp, lines: Lines) -> None:
        self._app = app
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        token = _of_request.set(self._lines)
        try:
            await self._app(scope, receive, send)
        finally:
            _of_request.reset(token)


def troubles() -> Sequence[str]:
    """Return what is wrong now, for the page that is being rendered."""
    return _of_request.get()()
