"""The console's addresses. A GET never acts; a POST acts once for each key, script or no script.

Whoever reaches the port sees counts and zones. Names, evidence and acting need the session of a
printed link; the link of a page needs none, see `links`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from backend.console import outline, rendering
from backend.console.assets import assets, version
from backend.console.incident_pages import (
    answer_in,
    done,
    end,
    incident_id,
    incident_page,
    incident_stream,
    key_in,
    new_key,
    no_incident,
    no_stream,
    outline_page,
    said_in,
)
from backend.console.ports import Ports
from backend.console.rendering import ROWS_SHOWN, Board, Live
from backend.console.responses import GUARDS, page, stream
from backend.console.visitor import acting, session_of
from backend.errors import BackendError, RefusedInputError
from backend.incidents.acknowledge import Answer as Said
from backend.incidents.view import IncidentView

router = APIRouter(include_in_schema=False)


@router.get("/")
def board(request: Request) -> Response:
    """Show what is open, who has taken what, and what was resolved last."""
    ports, session = Ports.of(request), session_of(request)
    live, found = Live("/events", ports.streams.stale_ms), _board(ports)
    if session is None:
        return page(outline.board_page(found, live, ports.clock()))
    return page(rendering.board_page(found, live, ports.clock(), session))


@router.get("/events")
async def board_events(request: Request) -> Response:
    """Follow the board."""
    ports, session = Ports.of(request), await run_in_threadpool(session_of, request)

    def render(found: Board) -> str:
        whole = session is not None and ports.sessions.holds(session)
        fragment = rendering.board_fragment if whole else outline.board_fragment
        return fragment(found, ports.clock())

    def holds() -> bool:
        return session is None or ports.sessions.holds(session)

    return stream(request, "board", lambda: _board(ports), render, holds)


@router.get("/i/{number}")
def incident(request: Request, number: str) -> Response:
    """Show an incident."""
    ports, session = Ports.of(request), session_of(request)
    try:
        view = ports.reader.incident(incident_id(number))
    except BackendError as problem:
        return no_incident(problem)
    if session is None:
        return outline_page(ports, view)
    return incident_page(request, view, answer_in(ports, view, session, key=new_key()), session)


@router.get("/i/{number}/events")
async def incident_events(request: Request, number: str) -> Response:
    """Follow an incident."""
    ports, session = Ports.of(request), await run_in_threadpool(session_of, request)
    try:
        wanted = incident_id(number)
        view = await run_in_threadpool(ports.reader.incident, wanted)
    except BackendError as problem:
        return no_stream(problem)
    if session is None:

        def render(found: IncidentView) -> str:
            return outline.incident_fragment(found, found.time_zone, ports.clock())

        return stream(request, f"outline {wanted}", lambda: ports.reader.incident(wanted), render)
    answer = await run_in_threadpool(answer_in, ports, view, session)
    return incident_stream(request, wanted, answer, lambda: ports.sessions.holds(session))


@router.post("/i/{number}/acknowledge")
def acknowledge(
    request: Request,
    number: str,
    person: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = Said.ACKNOWLEDGE,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Answer as the session's person, or as whom its user says that they are, from then on."""

    def act(ports: Ports, view: IncidentView) -> IncidentView:
        who = _who(request, ports, person, csrf, "Choose who you are, then acknowledge.")
        said = said_in(answer)
        return ports.acknowledger.answer(view.id, who, said, via="console", key=key_in(key))

    return done(request, number, act, "refusal")


@router.post("/i/{number}/end")
def end_incident(
    request: Request,
    number: str,
    person: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Resolve an incident and say what it was; or say that of one that is resolved."""

    def act(ports: Ports, view: IncidentView) -> IncidentView:
        who = _who(request, ports, person, csrf, "Choose who you are.")
        return end(ports, view, who, outcome, reason)

    return done(request, number, act, "not_ended")


@router.get("/static/{wanted}/{name}")
async def static(wanted: str, name: str) -> Response:
    """Serve one of the console's own files; for ever under the present version's address."""
    asset = assets().get(name)
    if asset is None:
        return PlainTextResponse(f"There is no file {name!r}.", 404, GUARDS)
    fresh = "public, max-age=31536000, immutable" if wanted == version() else "no-cache"
    headers = {**GUARDS, "Cache-Control": fresh}
    return Response(asset.body, 200, headers, asset.media_type)


def _who(request: Request, ports: Ports, person: str, csrf: str, choose: str) -> str:
    """Return whom the session acts as. A stranger is nobody, whatever the form says."""
    session = acting(request, csrf)
    if session.person is None and person not in ports.sessions.people():
        raise RefusedInputError(choose)
    return ports.sessions.acting(session, person).person or person


def _board(ports: Ports) -> Board:
    opened, acknowledged, on_scene, resolved = (
        ports.reader.incidents(status, limit) for status, limit in ROWS_SHOWN.items()
    )
    return Board.of(opened, acknowledged, on_scene, resolved, ports.time_zone)
