"""The console's addresses. A GET never acts; a POST acts once for each key, script or no script.

Whoever reaches the port sees counts and zones. Names, evidence and acting need the session of a
printed link; the link of a page needs none, see `links`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from backend.api.needs import TheAcknowledger, TheClock, TheReader
from backend.console import outline, rendering
from backend.console.assets import assets, version
from backend.console.follower import TheLiveReader
from backend.console.incident_pages import (
    TheIncidentPages,
    end,
    incident_id,
    key_in,
    new_key,
    no_incident,
    no_stream,
    said_in,
)
from backend.console.needs import TheTimeZone
from backend.console.rendering import ROWS_SHOWN, Board
from backend.console.responses import GUARDS, page
from backend.console.visitor import TheVisitor
from backend.errors import BackendError
from backend.incidents.call_answers import Answer as Said
from backend.incidents.reader import Reader
from backend.incidents.view import IncidentView

router = APIRouter(include_in_schema=False)


@router.get("/")
def board(
    visitor: TheVisitor,
    follower: TheLiveReader,
    reader: TheReader,
    clock: TheClock,
    time_zone: TheTimeZone,
) -> Response:
    """Show what is open, who has taken what, and what was resolved last."""
    session = visitor.session()
    live, found = follower.live("/events"), _board(reader, time_zone)
    if session is None:
        return page(outline.board_page(found, live, clock()))
    return page(rendering.board_page(found, live, clock(), session))


@router.get("/events")
async def board_events(
    visitor: TheVisitor,
    follower: TheLiveReader,
    reader: TheReader,
    clock: TheClock,
    time_zone: TheTimeZone,
) -> Response:
    """Follow the board."""
    session = await run_in_threadpool(visitor.session)

    def render(found: Board) -> str:
        whole = session is not None and visitor.sessions.holds(session)
        fragment = rendering.board_fragment if whole else outline.board_fragment
        return fragment(found, clock())

    def holds() -> bool:
        return session is None or visitor.sessions.holds(session)

    return follower.stream("board", lambda: _board(reader, time_zone), render, holds)


@router.get("/i/{number}")
def incident(
    pages: TheIncidentPages, visitor: TheVisitor, reader: TheReader, number: str
) -> Response:
    """Show an incident."""
    session = visitor.session()
    try:
        view = reader.incident(incident_id(number))
    except BackendError as problem:
        return no_incident(problem)
    if session is None:
        return pages.outlined(view)
    return pages.whole(view, pages.answer_in(view, session, key=new_key()), session)


@router.get("/i/{number}/events")
async def incident_events(
    pages: TheIncidentPages,
    visitor: TheVisitor,
    follower: TheLiveReader,
    reader: TheReader,
    clock: TheClock,
    number: str,
) -> Response:
    """Follow an incident."""
    session = await run_in_threadpool(visitor.session)
    try:
        wanted = incident_id(number)
        view = await run_in_threadpool(reader.incident, wanted)
    except BackendError as problem:
        return no_stream(problem)
    if session is None:

        def render(found: IncidentView) -> str:
            return outline.incident_fragment(found, found.time_zone, clock())

        return follower.stream(f"outline {wanted}", lambda: reader.incident(wanted), render)
    answer = await run_in_threadpool(pages.answer_in, view, session)
    return pages.follow(wanted, answer, lambda: visitor.sessions.holds(session))


@router.post("/i/{number}/acknowledge")
def acknowledge(
    pages: TheIncidentPages,
    visitor: TheVisitor,
    acknowledger: TheAcknowledger,
    number: str,
    person: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = Said.ACKNOWLEDGE,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Answer as the session's person, or as whom its user says that they are, from then on."""

    def act(view: IncidentView) -> IncidentView:
        session = visitor.acting_as(person, csrf, "Choose who you are, then acknowledge.")
        who, said = session.person or person, said_in(answer)
        return acknowledger.answer(
            view.id, who, said, via="console", key=key_in(key), through=session.name
        )

    return pages.done(number, act, "refusal")


@router.post("/i/{number}/end")
def end_incident(
    pages: TheIncidentPages,
    visitor: TheVisitor,
    acknowledger: TheAcknowledger,
    number: str,
    person: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Resolve an incident and say what it was; or say that of one that is resolved."""

    def act(view: IncidentView) -> IncidentView:
        session = visitor.acting_as(person, csrf, "Choose who you are.")
        who = session.person or person
        return end(acknowledger, view, who, outcome, reason, session.name)

    return pages.done(number, act, "not_ended")


@router.get("/static/{wanted}/{name}")
async def static(wanted: str, name: str) -> Response:
    """Serve one of the console's own files; for ever under the present version's address."""
    asset = assets().get(name)
    if asset is None:
        return PlainTextResponse(f"There is no file {name!r}.", 404, GUARDS)
    fresh = "public, max-age=31536000, immutable" if wanted == version() else "no-cache"
    headers = {**GUARDS, "Cache-Control": fresh}
    return Response(asset.body, 200, headers, asset.media_type)


def _board(reader: Reader, time_zone: str) -> Board:
    opened, acknowledged, on_scene, resolved = (
        reader.incidents(status, limit) for status, limit in ROWS_SHOWN.items()
    )
    return Board.of(opened, acknowledged, on_scene, resolved, time_zone)
