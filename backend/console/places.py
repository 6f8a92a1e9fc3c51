"""The pages about places: who is inside, and whose tags are heard. See `routes` for the rules."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Form, Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from backend.console import wording
from backend.console.ports import Ports
from backend.console.rendering import Live, problem_page, render
from backend.console.responses import GUARDS, page, refuse, stream
from backend.console.visitor import acting, required, session_of
from backend.errors import BackendError
from backend.places.muster import Muster
from backend.places.tags import Tags
from backend.places.view import MusterView
from contract.instants import NS_PER_MS, ns
from contract.reads import TagId

router = APIRouter(include_in_schema=False)

STALE_NS = ns(15)
"""A gateway reports every two seconds. So long without one, positions must not look live."""
_tag: TypeAdapter[str] = TypeAdapter(TagId)


@router.get("/muster")
def muster(request: Request) -> Response:
    """Show how many are inside; and to a session whose user has said who they are, their names."""
    ports, found, session = Ports.of(request), _muster(request), session_of(request)
    if session is None or session.person is None:
        count = found.head_count()
        return page(render("muster_ask.html", session=session, count=count, **_now(ports)))
    try:
        view = found.look_up(session.person, "console")
    except BackendError as problem:
        return _refused(request, problem)
    live = Live("/muster/events", ports.streams.stale_ms)
    values = _muster_values(ports, view)
    return page(render("muster.html", session=session, live=live, **values))


@router.get("/muster/events")
async def muster_events(request: Request) -> Response:
    """Follow who is inside. Whoever opens the stream is on record, as whoever opens the page."""
    ports, found = Ports.of(request), _muster(request)
    try:
        session = await run_in_threadpool(required, request)
        who = session.person or ""
        await run_in_threadpool(found.look_up, who, "console-live")
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)

    def fragment(view: MusterView) -> str:
        return render("_muster.html", **_muster_values(ports, view))

    def look() -> MusterView:
        return found.follow(who)

    return stream(request, "muster", look, fragment, lambda: ports.sessions.holds(session))


@router.get("/tags")
def tags(request: Request) -> Response:
    """Show tags that nobody carries, and offer to say whose they are."""
    return _tags_page(request, None)


@router.post("/tags/assign")
def assign(
    request: Request,
    tag: Annotated[str, Form()] = "",
    wearer: Annotated[str, Form()] = "",
    person: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say whose a tag is, as the session's person."""

    def again(refusal: str, status: int) -> Response:
        return refuse(request, status, refusal, _tags_page(request, refusal, status))

    try:
        session = acting(request, csrf)
        if not (person or session.person) or not wearer:
            return again("Choose who you are and whose the tag is.", 422)
        known = _tag.validate_python(tag)
        who = Ports.of(request).sessions.acting(session, person).person or person
        _tags(request).assign(known, wearer, who)
    except ValidationError:
        return again("That is no tag that a reader hears.", 422)
    except BackendError as problem:
        hint = f" {wording.sentence(problem.hint)}" if problem.hint else ""
        return again(wording.sentence(str(problem)) + hint, problem.status)
    return RedirectResponse("/tags", 303, headers=GUARDS)


def _tags_page(request: Request, refusal: str | None, status: int = 200) -> Response:
    ports, found, session = Ports.of(request), _tags(request), session_of(request)
    if session is None:
        count = len(found.unknown())
        html = render("tags_count.html", count=count, **_now(ports))
        return page(html, status)
    carriers = {device.wearer for device in found.site.device}
    values = {
        "unknown": found.unknown(),
        "assigned": found.assigned(),
        "wearers": {w.id: w.name for w in found.site.wearer if w.id in carriers},
        "people": ports.sessions.people(),
        "refusal": refusal,
    }
    return page(render("tags.html", session=session, **values, **_now(ports)), status)


def _muster_values(ports: Ports, view: MusterView) -> dict[str, object]:
    now = _now(ports)
    old_ns = ports.clock() - view.as_of_ns if view.as_of_ns is not None else None
    return {"muster": view, "stale": old_ns is None or old_ns > STALE_NS, **now}


def _now(ports: Ports) -> dict[str, object]:
    now_ns = ports.clock()
    return {"now_ns": now_ns, "now_ms": now_ns // NS_PER_MS, "time_zone": ports.time_zone}


def _refused(request: Request, problem: BackendError) -> Response:
    todo = ("Go to /session and say who you are.", "In an emergency count heads on the spot.")
    html = problem_page("Not shown", str(problem), todo)
    return refuse(request, problem.status, str(problem), page(html, problem.status))


def _muster(request: Request) -> Muster:
    return cast(Muster, request.app.state.muster)


def _tags(request: Request) -> Tags:
    return cast(Tags, request.app.state.tags)
