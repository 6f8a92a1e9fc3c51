"""Who looks at the console: a browser that was let in, or a stranger."""

from __future__ import annotations

from starlette.requests import Request

from backend.console.ports import Ports
from backend.errors import ElsewhereError, NoSessionError
from backend.people.sessions import ConsoleSession

NO_SESSION = (
    "This browser is not signed in, or its session is over. If you were paged, open the link in "
    "your message; else open the sign-in link that Floorwatch printed."
)
NOT_OUR_FORM = "This form was not made for this session. Reload the page and do it again."


def session_of(request: Request) -> ConsoleSession | None:
    """Return the browser's session, or None for a stranger. Reads the database."""
    sessions = Ports.of(request).sessions
    return sessions.find(request.cookies.get(sessions.cookie_name))


def required(request: Request) -> ConsoleSession:
    """Return the browser's session.

    Raises
    ------
    NoSessionError
        When it has none that holds.
    """
    session = session_of(request)
    if session is None:
        raise NoSessionError(NO_SESSION)
    return session


def acting(request: Request, csrf: str) -> ConsoleSession:
    """Return the session of a form that was posted.

    A browser says whose page a form stood on, and another site's was refused before it came here.
    One that says nothing must show the session's own token.

    Raises
    ------
    NoSessionError
        When there is no session that holds.
    ElsewhereError
        When nothing shows that the form was ours.
    """
    session = required(request)
    told = "origin" in request.headers or "sec-fetch-site" in request.headers
    if not told and not Ports.of(request).sessions.same_form(session, csrf):
        raise ElsewhereError(NOT_OUR_FORM)
    return session
