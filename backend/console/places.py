"""The pages about places: who is inside, and whose tags are heard. See `routes` for the rules."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from backend.console import wording
from backend.console.ports import Ports
from backend.console.rendering import Live, problem_page, render
from backend.console.responses import GUARDS, from_elsewhere, page, refuse, stream
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

As = Annotated[str, Query(alias="as", max_length=63)]


@router.get("/muster")
def muster(request: Request, who: As = "") -> Response:
    """Show how many are inside; and to somebody who says who they are, their names."""
    ports, found = Ports.of(request), _muster(request)
    if not who:
        count = found.head_count()
        return page(render("muster_ask.html", count=count, **_now(ports)))
    try:
        view = found.look_up(who, "console")
    except BackendError as problem:
        return _refused(request, problem, "/muster")
    live = Live(f"/muster/events?as={quote(who, safe='')}", ports.streams.stale_ms)
    return page(render("muster.html", live=live, **_muster_values(ports, view)))


@router.get("/muster/events")
async def muster_events(request: Request, who: As = "") -> Response:
    """Follow who is inside. Whoever opens the stream is on record, as whoever opens the page."""
    ports, found = Ports.of(request), _muster(request)
    try:
        await run_in_threadpool(found.look_up, who, "console-live")
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)

    def fragment(view: MusterView) -> str:
        return render("_muster.html", **_muster_values(ports, view))

    return stream(ports, "muster", lambda: found.follow(who), fragment)


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
) -> Response:
    """Say whose a tag is."""

    def again(refusal: str, status: int) -> Response:
        return refuse(request, status, refusal, _tags_page(request, refusal, status))

    if from_elsewhere(request):
        return again("This came from another site's page. Say it here.", 403)
    if not person or not wearer:
        return again("Choose who you are and whose the tag is.", 422)
    try:
        known = _tag.validate_python(tag)
        _tags(request).assign(known, wearer, person)
    except ValidationError:
        return again("That is no tag that a reader hears.", 422)
    except BackendError as problem:
        hint = f" {wording.sentence(problem.hint)}" if problem.hint else ""
        return again(wording.sentence(str(problem)) + hint, problem.status)
    return RedirectResponse("/tags", 303, headers=GUARDS)


def _tags_page(request: Request, refusal: str | None, status: int = 200) -> Response:
    ports, found = Ports.of(request), _tags(request)
    carriers = {device.wearer for device in found.site.device}
    values = {
        "unknown": found.unknown(),
        "assigned": found.assigned(),
        "wearers": {w.id: w.name for w in found.site.wearer if w.id in carriers},
        "people": _muster(request).head_count().may_ask,
        "refusal": refusal,
    }
    return page(render("tags.html", **values, **_now(ports)), status)


def _muster_values(ports: Ports, view: MusterView) -> dict[str, object]:
    now = _now(ports)
    old_ns = ports.clock() - view.as_of_ns if view.as_of_ns is not None else None
    return {"muster": view, "stale": old_ns is None or old_ns > STALE_NS, **now}


def _now(ports: Ports) -> dict[str, object]:
    now_ns = ports.clock()
    return {"now_ns": now_ns, "now_ms": now_ns // NS_PER_MS, "time_zone": ports.time_zone}


def _refused(request: Request, problem: BackendError, back: str) -> Response:
    todo = (f"Go to {back} and choose who you are.", "In an emergency count heads on the spot.")
    html = problem_page("Not shown", str(problem), todo)
    return refuse(request, problem.status, str(problem), page(html, problem.status))


def _muster(request: Request) -> Muster:
    return cast(Muster, request.app.state.muster)


def _tags(request: Request) -> Tags:
    return cast(Tags, request.app.state.tags)
