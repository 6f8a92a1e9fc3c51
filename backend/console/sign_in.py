"""Letting a browser in by a printed link, saying who its user is, and leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from backend.api.needs import TheClock
from backend.console import wording
from backend.console.needs import TheSessions, TheTimeZone
from backend.console.rendering import problem_page, render
from backend.console.responses import GUARDS, page, refuse
from backend.console.visitor import TheVisitor, Visitor
from backend.errors import BackendError
from backend.people.sessions import SESSION_S
from contract.instants import NS_PER_MS, Clock

router = APIRouter(include_in_schema=False)

HOURS = SESSION_S // 3600
BACK = frozenset({"/", "/muster", "/tags", "/refusals"})


@dataclass(frozen=True)
class SessionPages:
    """Shows a browser whose session it has."""

    visitor: Visitor
    clock: Clock
    time_zone: str

    def show(self, refusal: BackendError | None = None) -> Response:
        """Return the page, with what was not done if something was not."""
        try:
            session = self.visitor.required()
        except BackendError as problem:
            return self.refused(problem)
        status = 200 if refusal is None else refusal.status
        words = wording.sentence(str(refusal)) if refusal else None
        now_ns = self.clock()
        html = render(
            "session.html",
            session=session,
            people=self.visitor.sessions.people(),
            refusal=words,
            back="/",
            now_ns=now_ns,
            now_ms=now_ns // NS_PER_MS,
            time_zone=self.time_zone,
        )
        shown = page(html, status)
        return shown if words is None else refuse(self.visitor.request, status, words, shown)

    def refused(self, problem: BackendError) -> Response:
        """Return what somebody sees who was not let in."""
        todo = (
            problem.hint or "Open the sign-in link that Floorwatch printed.",
            "If you were paged, open the link in your message: it needs no sign-in.",
        )
        html = problem_page("Not signed in", str(problem), todo)
        shown = page(html, problem.status)
        return refuse(self.visitor.request, problem.status, str(problem), shown)


async def session_pages(
    visitor: TheVisitor, clock: TheClock, time_zone: TheTimeZone
) -> SessionPages:
    """Return what shows sessions, for this request."""
    return SessionPages(visitor, clock, time_zone)


TheSessionPages = Annotated[SessionPages, Depends(session_pages)]


@router.get("/sign-in/{token}")
def show(
    pages: TheSessionPages, visitor: TheVisitor, sessions: TheSessions, token: str
) -> Response:
    """Offer to let this browser in. A preview that follows the link by itself lets none in."""
    if visitor.session() is not None:
        return RedirectResponse("/", 303, headers=GUARDS)
    try:
        sessions.check_link(token)
    except BackendError as problem:
        return pages.refused(problem)
    return page(render("sign_in.html", action=f"/sign-in/{quote(token, safe='')}", hours=HOURS))


@router.post("/sign-in/{token}")
def sign_in(
    request: Request, pages: TheSessionPages, sessions: TheSessions, token: str
) -> Response:
    """Let this browser in. The link itself shows that its holder may."""
    try:
        cookie, _ = sessions.begin(token)
    except BackendError as problem:
        return pages.refused(problem)
    answer = RedirectResponse("/session", 303, headers=GUARDS)
    answer.set_cookie(
        sessions.cookie_name,
        cookie,
        max_age=SESSION_S,
        httponly=True,
        # Lax and not Strict: who follows a link from a chat to an incident is signed in there too.
        # Lax sends nothing with another site's POST, and a GET never acts.
        samesite="lax",
        secure=request.headers.get("origin", "").startswith("https:")
        or request.url.scheme == "https",
    )
    return answer


@router.get("/session")
def show_session(pages: TheSessionPages) -> Response:
    """Show whose session it is, and offer to change that."""
    return pages.show()


@router.post("/session")
def become(
    pages: TheSessionPages,
    visitor: TheVisitor,
    sessions: TheSessions,
    person: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say who acts in this browser from now on. It is put on record."""
    try:
        sessions.become(visitor.acting(csrf), person)
    except BackendError as problem:
        return pages.show(problem)
    return RedirectResponse(back if back in BACK else "/", 303, headers=GUARDS)


@router.post("/session/end")
def end(
    pages: TheSessionPages,
    visitor: TheVisitor,
    sessions: TheSessions,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Sign this browser out."""
    try:
        sessions.end(visitor.acting(csrf))
    except BackendError as problem:
        return pages.show(problem)
    answer = RedirectResponse("/", 303, headers=GUARDS)
    answer.delete_cookie(sessions.cookie_name, httponly=True, samesite="lax")
    return answer
