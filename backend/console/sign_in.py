"""Letting a browser in by a printed link, saying who its user is, and leaving."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from backend.console import wording
from backend.console.ports import Ports
from backend.console.rendering import problem_page, render
from backend.console.responses import GUARDS, page, refuse
from backend.console.visitor import acting, required, session_of
from backend.errors import BackendError
from backend.people.sessions import SESSION_S
from contract.instants import NS_PER_MS

router = APIRouter(include_in_schema=False)

HOURS = SESSION_S // 3600
BACK = frozenset({"/", "/muster", "/tags", "/refusals"})


@router.get("/sign-in/{token}")
def show(request: Request, token: str) -> Response:
    """Offer to let this browser in. A preview that follows the link by itself lets none in."""
    if session_of(request) is not None:
        return RedirectResponse("/", 303, headers=GUARDS)
    try:
        Ports.of(request).sessions.check_link(token)
    except BackendError as problem:
        return _refused(request, problem)
    return page(render("sign_in.html", action=f"/sign-in/{quote(token, safe='')}", hours=HOURS))


@router.post("/sign-in/{token}")
def sign_in(request: Request, token: str) -> Response:
    """Let this browser in. The link itself shows that its holder may."""
    sessions = Ports.of(request).sessions
    try:
        cookie, _ = sessions.begin(token)
    except BackendError as problem:
        return _refused(request, problem)
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
def show_session(request: Request) -> Response:
    """Show whose session it is, and offer to change that."""
    return _session_page(request, None)


@router.post("/session")
def become(
    request: Request,
    person: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say who acts in this browser from now on. It is put on record."""
    try:
        Ports.of(request).sessions.become(acting(request, csrf), person)
    except BackendError as problem:
        return _session_page(request, problem)
    return RedirectResponse(back if back in BACK else "/", 303, headers=GUARDS)


@router.post("/session/end")
def end(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """Sign this browser out."""
    sessions = Ports.of(request).sessions
    try:
        sessions.end(acting(request, csrf))
    except BackendError as problem:
        return _session_page(request, problem)
    answer = RedirectResponse("/", 303, headers=GUARDS)
    answer.delete_cookie(sessions.cookie_name, httponly=True, samesite="lax")
    return answer


def _session_page(request: Request, refusal: BackendError | None) -> Response:
    ports = Ports.of(request)
    try:
        session = required(request)
    except BackendError as problem:
        return _refused(request, problem)
    status = 200 if refusal is None else refusal.status
    words = wording.sentence(str(refusal)) if refusal else None
    now_ns = ports.clock()
    html = render(
        "session.html",
        session=session,
        people=ports.sessions.people(),
        refusal=words,
        back="/",
        now_ns=now_ns,
        now_ms=now_ns // NS_PER_MS,
        time_zone=ports.time_zone,
    )
    shown = page(html, status)
    return shown if words is None else refuse(request, status, words, shown)


def _refused(request: Request, problem: BackendError) -> Response:
    todo = (
        problem.hint or "Open the sign-in link that Floorwatch printed.",
        "If you were paged, open the link in your message: it needs no sign-in.",
    )
    html = problem_page("Not signed in", str(problem), todo)
    return refuse(request, problem.status, str(problem), page(html, problem.status))
