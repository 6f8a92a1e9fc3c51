"""Who may use the API: whoever knows FLOORWATCH_API_TOKEN, when it is set."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from backend.errors import UnauthorisedError

API_TOKEN = "FLOORWATCH_API_TOKEN"
_bearer = HTTPBearer(auto_error=False, description=f"The value of {API_TOKEN}, when it is set")


def _check(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    wanted: str | None = request.app.state.token
    if wanted is None:
        return
    if given is None:
        raise UnauthorisedError(
            "a bearer token is missing", hint="send Authorization: Bearer TOKEN"
        )
    if not secrets.compare_digest(given.credentials.encode(), wanted.encode()):
        raise UnauthorisedError("the bearer token is wrong")


protect = Depends(_check)
