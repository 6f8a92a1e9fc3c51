"""Who looks at the console: a browser that was let in, or a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from backend.console.needs import TheSessions
from backend.errors import ElsewhereError, NoSessionError, RefusedInputError
from backend.people.sessions import ConsoleSession, ConsoleSessions

NO_SESSION = (
    "This browser is not signed in, or its session is over. If you were paged, open the link in "
    "your message; else open the sign-in link that Floorwatch printed."
)
NOT_OUR_FORM = "This form was not made for this session. Reload the page and do it again."


@dataclass(frozen=True)
class Visitor:
    """Whoever sent a request."""

    request: Request
    sessions: ConsoleSessions

    def session(self) -> ConsoleSession | None:
        """Return the browser's session, or None for a stranger. Reads the database."""
        return self.sessions.find(self.request.cookies.get(self.sessions.cookie_name))

    def required(self) -> ConsoleSession:
        """Return the browser's session.

        Raises
        ------
        NoSessionError
            When it has none that holds.
        """
        session = self.session()
        if session is None:
            raise NoSessionError(NO_SESSION)
        return session

    def acting(self, csrf: str) -> ConsoleSession:
        """Return the session of a form that was posted.

        A browser says whose page a form stood on, and another site's was refused before it came
        here. One that says nothing must show the session's own token.

        Raises
        ------
        NoSessionError
            When there is no session that holds.
        ElsewhereError
            When nothing shows that the form was ours.
        """
        session = self.required()
        headers = self.request.headers
        told = "origin" in headers or "sec-fetch-site" in headers
        if not told and not self.sessions.same_form(session, csrf):
            raise ElsewhereError(NOT_OUR_FORM)
        return session

    def acting_as(self, person: str, csrf: str, choose: str) -> ConsoleSession:
        """Return the session as whom it acts. A stranger is nobody, whatever the form says.

        Raises
        ------
        RefusedInputError
            With `choose`, when neither the session nor the form says who it is.
        """
        session = self.acting(csrf)
        if session.person is None and person not in self.sessions.people():
            raise RefusedInputError(choose)
        return self.sessions.acting(session, person)


async def visitor(request: Request, sessions: TheSessions) -> Visitor:
    """Return whoever sent this request."""
    return Visitor(request, sessions)


TheVisitor = Annotated[Visitor, Depends(visitor)]
