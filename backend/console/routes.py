"""The console's addresses. A GET never acts; a POST acts once for each key, script or no script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from backend.console import rendering, wording
from backend.console.answer import Answer, name_of, people_paged
from backend.console.assets import assets, version
from backend.console.films import Film, films_of
from backend.console.ports import Ports
from backend.console.rendering import ROWS_SHOWN, Board, Live
from backend.console.responses import (
    FRAGMENT_HEADER,
    GUARDS,
    from_elsewhere,
    page,
    refuse,
    stream,
)
from backend.errors import BackendError, ElsewhereError, RefusedInputError, UnknownError
from backend.incidents.acknowledge import Answer as Said
from backend.incidents.outcome import Outcome
from backend.incidents.view import IncidentView

router = APIRouter(include_in_schema=False)

LARGEST_ID = 2**63 - 1
NOT_KNOWN = "not-known"
OUTCOMES = frozenset({NOT_KNOWN, *Outcome})
MOST_WORDS = 1000
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
MEANWHILE = "If somebody may be hurt, go there or call. Paging goes on until somebody acknowledges."
Act = Callable[[Ports, IncidentView], IncidentView]
ToldAs = Literal["refusal", "not_ended"]
"""Where on the page it stands why something was not done."""


@router.get("/")
def board(request: Request) -> Response:
    """Show what is open, who has taken what, and what was resolved last."""
    ports = Ports.of(request)
    live = Live("/events", ports.streams.stale_ms)
    return page(rendering.board_page(_board(ports), live, ports.clock()))


@router.get("/events")
async def board_events(request: Request) -> Response:
    """Follow the board."""
    ports = Ports.of(request)

    def render(found: Board) -> str:
        return rendering.board_fragment(found, ports.clock())

    return stream(ports, "board", lambda: _board(ports), render)


@router.get("/i/{number}")
def incident(request: Request, number: str) -> Response:
    """Show an incident."""
    ports = Ports.of(request)
    try:
        view = ports.reader.incident(_incident_id(number))
    except BackendError as problem:
        return _no_incident(problem)
    return _incident_page(request, ports, view, Answer.by_choice(view.id, key=_new_key()))


@router.get("/i/{number}/events")
async def incident_events(request: Request, number: str) -> Response:
    """Follow an incident."""
    ports = Ports.of(request)
    try:
        wanted = _incident_id(number)
        await run_in_threadpool(ports.reader.incident, wanted)
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)

    def look() -> tuple[IncidentView, tuple[Film, ...]]:
        return ports.reader.incident(wanted), films_of(request, wanted)

    def render(found: tuple[IncidentView, tuple[Film, ...]]) -> str:
        view, films = found
        return rendering.incident_fragment(view, Answer.by_choice(view.id), ports.clock(), films)

    return stream(ports, f"incident {wanted}", look, render)


@router.post("/i/{number}/acknowledge")
def acknowledge(
    request: Request,
    number: str,
    person: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = Said.ACKNOWLEDGE,
) -> Response:
    """Answer as one of the people who were paged."""

    def act(ports: Ports, view: IncidentView) -> IncidentView:
        if person not in people_paged(view):
            raise RefusedInputError("Choose who you are, then acknowledge.")
        return ports.acknowledger.answer(
            view.id, person, _said(answer), via="console", key=_key(key)
        )

    return _done(request, number, act, "refusal")


@router.post("/i/{number}/end")
def end(
    request: Request,
    number: str,
    person: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Resolve an incident and say what it was; or say that of one that is resolved."""

    def act(ports: Ports, view: IncidentView) -> IncidentView:
        words = reason.strip()[:MOST_WORDS].replace("\x00", "")
        if person not in people_paged(view):
            raise RefusedInputError("Choose who you are.")
        if outcome not in OUTCOMES:
            raise RefusedInputError("Choose what it was.")
        if not words:
            raise RefusedInputError("Say in a few words how you know.")
        judged = Outcome(outcome) if outcome != NOT_KNOWN else None
        if view.status != "resolved":
            return ports.acknowledger.resolve(view.id, person, words, judged)
        if judged is not None:
            return ports.acknowledger.judge(view.id, person, words, judged)
        return view

    return _done(request, number, act, "not_ended")


@router.get("/a/{token}")
def link(request: Request, token: str) -> Response:
    """Show the incident of a signed link. Link previews follow GETs, so nothing is done here."""
    ports = Ports.of(request)
    try:
        opened = ports.links.open(token)
        view = ports.reader.incident(opened.incident)
    except BackendError as problem:
        return _dead_link(problem)
    answer = Answer.through(token, name_of(view, opened.person) or opened.person, key=_new_key())
    return _incident_page(request, ports, view, answer)


@router.post("/a/{token}")
def answer_by_link(
    request: Request, token: str, answer: Annotated[str, Form()] = Said.ACKNOWLEDGE
) -> Response:
    """Answer as the person whom the link was sent to, and show the result.

    The link itself is the key: a copy of one tap changes nothing more, while that answer holds.
    Once somebody is asked anew, the same link answers anew.
    """
    ports = Ports.of(request)
    try:
        opened = ports.links.open(token)
        view = ports.acknowledger.answer(
            opened.incident, opened.person, _said(answer), via="link", key=opened.key
        )
    except BackendError as problem:
        return refuse(request, problem.status, str(problem), _dead_link(problem))
    shown = Answer.through(token, name_of(view, opened.person) or opened.person)
    if FRAGMENT_HEADER in request.headers:
        return _fragment(request, ports, view, shown)
    # No redirect: whoever holds the link sees its result, signed in or not.
    return _incident_page(request, ports, view, shown)


@router.get("/static/{wanted}/{name}")
def static(wanted: str, name: str) -> Response:
    """Serve one of the console's own files; for ever under the present version's address."""
    asset = assets().get(name)
    if asset is None:
        return PlainTextResponse(f"There is no file {name!r}.", 404, GUARDS)
    fresh = "public, max-age=31536000, immutable" if wanted == version() else "no-cache"
    headers = {**GUARDS, "Cache-Control": fresh}
    return Response(asset.body, 200, headers, asset.media_type)


def _board(ports: Ports) -> Board:
    opened, acknowledged, on_scene, resolved = (
        ports.reader.incidents(status, limit) for status, limit in ROWS_SHOWN.items()
    )
    return Board.of(opened, acknowledged, on_scene, resolved, ports.time_zone)


def _said(answer: str) -> Said:
    try:
        return Said(answer)
    except ValueError:
        raise RefusedInputError("Choose what you answer.") from None


def _done(request: Request, number: str, act: Act, told_as: ToldAs) -> Response:
    """Do what a form asks and show what came of it; or show the page again, and say why not."""
    ports = Ports.of(request)
    try:
        view = ports.reader.incident(_incident_id(number))
    except BackendError as problem:
        return refuse(request, problem.status, str(problem), _no_incident(problem))
    try:
        if from_elsewhere(request):
            raise ElsewhereError("This came from another site's page. Do it here.")
        view = act(ports, view)
    except BackendError as problem:
        why = wording.sentence(str(problem))
        answer = replace(Answer.by_choice(view.id, key=_new_key()), **{told_as: why})
        again = _incident_page(request, ports, view, answer, problem.status)
        return refuse(request, problem.status, why, again)
    if FRAGMENT_HEADER in request.headers:
        return _fragment(request, ports, view, Answer.by_choice(view.id))
    return RedirectResponse(f"/i/{view.id}", 303, headers=GUARDS)


def _incident_page(
    request: Request, ports: Ports, view: IncidentView, answer: Answer, status: int = 200
) -> Response:
    live, films = Live(f"/i/{view.id}/events", ports.streams.stale_ms), films_of(request, view.id)
    return page(rendering.incident_page(view, answer, live, ports.clock(), films), status)


def _fragment(request: Request, ports: Ports, view: IncidentView, answer: Answer) -> Response:
    films = films_of(request, view.id)
    return page(rendering.incident_fragment(view, answer, ports.clock(), films))


def _no_incident(problem: BackendError) -> Response:
    todo = ("Look for it among all incidents.", MEANWHILE)
    return page(rendering.problem_page("No such incident", str(problem), todo), problem.status)


def _dead_link(problem: BackendError) -> Response:
    todo = (
        "Open the incident from the list of all incidents and acknowledge there: it asks who you "
        "are.",
        "Or open the newest message that you were sent: an older link may be used up.",
        MEANWHILE,
    )
    title = "This link does not acknowledge anything"
    return page(rendering.problem_page(title, str(problem), todo), problem.status)


def _incident_id(number: str) -> int:
    if number.isascii() and number.isdigit() and len(number) < 20 and int(number) <= LARGEST_ID:
        return int(number)
    raise UnknownError(f"{number!r} is not an incident's number.")


def _key(given: str) -> str:
    return given if KEY.fullmatch(given) else _new_key()


def _new_key() -> str:
    return uuid4().hex
