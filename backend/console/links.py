"""The signed links of pages: `/a/TOKEN` acts as the person whom it was sent to, without a session.

Whoever was paged must be able to answer with one tap, on a phone that has never been here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from backend.console import outline, rendering, wording
from backend.console.answer import Answer, ToldAs, name_of
from backend.console.films import film_answer
from backend.console.incident_pages import (
    MEANWHILE,
    end,
    incident_fragment,
    incident_page,
    incident_stream,
    new_key,
    no_stream,
    said_in,
)
from backend.console.ports import OpenedLink, Ports
from backend.console.responses import FRAGMENT_HEADER, GUARDS, page, refuse
from backend.errors import BackendError, IllegalTransitionError
from backend.incidents.acknowledge import Answer as Said
from backend.incidents.view import IncidentView

router = APIRouter(include_in_schema=False)

NOT_TAKEN = "Take it first: then you see who it is and what was measured."


@router.get("/a/{token}")
def link(request: Request, token: str) -> Response:
    """Show the incident of a signed link. Link previews follow GETs, so nothing is done here."""
    try:
        view, opened = _opened(request, token)
    except BackendError as problem:
        return _dead_link(problem)
    return _page(request, view, opened, _answer(view, opened, token, key=new_key()))


@router.get("/a/{token}/events")
async def link_events(request: Request, token: str) -> Response:
    """Follow the incident of a signed link."""
    try:
        view, opened = await run_in_threadpool(_opened, request, token, shown=True)
    except BackendError as problem:
        return no_stream(problem)
    return incident_stream(request, view.id, _answer(view, opened, token))


@router.get("/a/{token}/films/{name}")
def link_film(request: Request, token: str, name: str) -> Response:
    """Serve what a camera saw of the incident of a signed link, and put on record for whom."""
    try:
        _, opened = _opened(request, token, shown=True)
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)
    return film_answer(request, name, opened.person, opened.incident)


@router.post("/a/{token}")
def answer_by_link(
    request: Request, token: str, answer: Annotated[str, Form()] = Said.ACKNOWLEDGE
) -> Response:
    """Answer as the person whom the link was sent to, and show the result.

    The link itself is the key: a copy of one tap changes nothing more, while that answer holds.
    Once somebody is asked anew, the same link answers anew.
    """

    def act(ports: Ports, view: IncidentView, opened: OpenedLink) -> IncidentView:
        said = said_in(answer)
        return ports.acknowledger.answer(view.id, opened.person, said, via="link", key=opened.key)

    return _done(request, token, act, told_as="refusal")


@router.post("/a/{token}/end")
def end_by_link(
    request: Request,
    token: str,
    outcome: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Resolve the incident as the person whom the link was sent to, or say what it was."""

    def act(ports: Ports, view: IncidentView, opened: OpenedLink) -> IncidentView:
        if opened.discreet:
            raise IllegalTransitionError(NOT_TAKEN)
        return end(ports, view, opened.person, outcome, reason)

    return _done(request, token, act, told_as="not_ended")


def _done(
    request: Request,
    token: str,
    act: Callable[[Ports, IncidentView, OpenedLink], IncidentView],
    told_as: ToldAs | None = None,
) -> Response:
    try:
        view, opened = _opened(request, token)
    except BackendError as problem:
        return refuse(request, problem.status, str(problem), _dead_link(problem))
    try:
        view = act(Ports.of(request), view, opened)
    except BackendError as problem:
        why = wording.sentence(str(problem))
        again = _dead_link(problem)
        if told_as is not None:
            answer = _answer(view, opened, token, key=new_key()).saying(told_as, why)
            again = _page(request, view, opened, answer, problem.status)
        return refuse(request, problem.status, why, again)
    # Opened anew: who has taken it sees more than who had not.
    view, opened = _opened(request, token)
    answer = _answer(view, opened, token)
    if FRAGMENT_HEADER in request.headers and not opened.discreet:
        return incident_fragment(request, view, answer)
    # No redirect: whoever holds the link sees its result, signed in or not.
    return _page(request, view, opened, answer)


def _page(
    request: Request, view: IncidentView, opened: OpenedLink, answer: Answer, status: int = 200
) -> Response:
    if opened.discreet:
        return page(outline.call_page(view, answer, Ports.of(request).clock()), status)
    return incident_page(request, view, answer, status=status)


def _opened(
    request: Request, token: str, *, shown: bool = False
) -> tuple[IncidentView, OpenedLink]:
    ports = Ports.of(request)
    opened = ports.links.open(token)
    if shown and opened.discreet:
        raise IllegalTransitionError(NOT_TAKEN)
    return ports.reader.incident(opened.incident), opened


def _answer(view: IncidentView, opened: OpenedLink, token: str, *, key: str = "") -> Answer:
    return Answer.through(token, name_of(view, opened.person) or opened.person, key=key)


def _dead_link(problem: BackendError) -> Response:
    todo = (
        "Open the newest message that you were sent: an older link may be used up.",
        "Or acknowledge on a screen that is signed in to this console: there it stands in the "
        "list of all incidents.",
        MEANWHILE,
    )
    title = "This link does not acknowledge anything"
    return page(rendering.problem_page(title, str(problem), todo), problem.status)
