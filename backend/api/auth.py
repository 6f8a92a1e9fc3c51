"""Who may use the API: whoever knows FLOORWATCH_API_TOKEN, when it is set."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from backend.errors import UnauthorisedError

API_TOKEN = "FLOORWATCH_API_TOKEN"
_bearer = HTTPBearer(auto_error=False, description=f"The value of {API_TOKEN}, when it is set")


async def _check(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    wanted: str | None = request.app.state.token
    if wanted is None:
        _require_a_program(request)
    elif given is None:
        raise UnauthorisedError(
            "a bearer token is missing", hint="send Authorization: Bearer TOKEN"
        )
    elif not same_token(given.credentials, wanted):
        raise UnauthorisedError("the bearer token is wrong")
    # The connection of whoever was let in is the last to give way to others.
    request.state.proved = True


def same_token(given: str, wanted: str) -> bool:
    """Compare two tokens in a time that does not tell where they differ."""
    return secrets.compare_digest(given.encode(), wanted.encode())


def _require_a_program(request: Request) -> None:
    """Refuse browsers where no token is asked for.

    Without a token the backend listens to this machine alone, and programs on it may use the API:
    the gateway, the terminal, a replay. A page in a browser on it is anybody's; names are shown to
    a person by the console, which asks for a session.
    """
    if "sec-fetch-mode" in request.headers:
        raise UnauthorisedError(
            "the API is for programs; a browser is asked for a token",
            hint=f"open the console, or set {API_TOKEN}",
        )


protect = Depends(_check)
