"""The pages about places: who is inside, and whose tags are heard. See `routes` for the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from backend.api.needs import TheClock, TheMuster, TheTags
from backend.console import wording
from backend.console.follower import TheLiveReader
from backend.console.needs import TheTimeZone
from backend.console.rendering import problem_page, render
from backend.console.responses import GUARDS, page, refuse
from backend.console.visitor import TheVisitor, Visitor
from backend.errors import BackendError
from backend.places.tags import Tags
from backend.places.view import MusterView
from contract.instants import NS_PER_MS, Clock, ns
from contract.reads import TagId

router = APIRouter(include_in_schema=False)

STALE_NS = ns(15)
"""A gateway reports every two seconds. So long without one, positions must not look live."""
_tag: TypeAdapter[str] = TypeAdapter(TagId)


@router.get("/muster")
def muster(
    visitor: TheVisitor,
    muster: TheMuster,
    follower: TheLiveReader,
    clock: TheClock,
    time_zone: TheTimeZone,
) -> Response:
    """Show how many are inside; and to a session whose user has said who they are, their names."""
    session = visitor.session()
    if session is None or session.person is None:
        count, now = muster.head_count(), _now(clock, time_zone)
        return page(render("muster_ask.html", session=session, count=count, **now))
    try:
        view = muster.look_up(session.person, "console")
    except BackendError as problem:
        todo = ("Go to /session and say who you are.", "In an emergency count heads on the spot.")
        html = problem_page("Not shown", str(problem), todo)
        return refuse(visitor.request, problem.status, str(problem), page(html, problem.status))
    values = _muster_values(view, clock, time_zone)
    return page(
        render("muster.html", session=session, live=follower.live("/muster/events"), **values)
    )


@router.get("/muster/events")
async def muster_events(
    visitor: TheVisitor,
    muster: TheMuster,
    follower: TheLiveReader,
    clock: TheClock,
    time_zone: TheTimeZone,
) -> Response:
    """Follow who is inside. Whoever opens the stream is on record, as whoever opens the page."""
    try:
        session = await run_in_threadpool(visitor.required)
        who = session.person or ""
        await run_in_threadpool(muster.look_up, who, "console-live")
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)

    def fragment(view: MusterView) -> str:
        return render("_muster.html", **_muster_values(view, clock, time_zone))

    def look() -> MusterView:
        return muster.follow(who)

    return follower.stream("muster", look, fragment, lambda: visitor.sessions.holds(session))


@dataclass(frozen=True)
class TagPages:
    """Shows tags that nobody carries."""

    visitor: Visitor
    tags: Tags
    clock: Clock
    time_zone: str

    def show(self, refusal: str | None = None, status: int = 200) -> Response:
        """Return the page, with what was not done if something was not."""
        session, now = self.visitor.session(), _now(self.clock, self.time_zone)
        if session is None:
            return page(render("tags_count.html", count=len(self.tags.unknown()), **now), status)
        site = self.tags.site
        carriers = {device.wearer for device in site.device}
        values = {
            "unknown": self.tags.unknown(),
            "assigned": self.tags.assigned(),
            "wearers": {w.id: w.name for w in site.wearer if w.id in carriers},
            "people": self.visitor.sessions.people(),
            "refusal": refusal,
        }
        return page(render("tags.html", session=session, **values, **now), status)


async def tag_pages(
    visitor: TheVisitor, tags: TheTags, clock: TheClock, time_zone: TheTimeZone
) -> TagPages:
    """Return what shows tags, for this request."""
    return TagPages(visitor, tags, clock, time_zone)


TheTagPages = Annotated[TagPages, Depends(tag_pages)]


@router.get("/tags")
def tags(pages: TheTagPages) -> Response:
    """Show tags that nobody carries, and offer to say whose they are."""
    return pages.show()


@router.post("/tags/assign")
def assign(
    pages: TheTagPages,
    visitor: TheVisitor,
    tags: TheTags,
    tag: Annotated[str, Form()] = "",
    wearer: Annotated[str, Form()] = "",
    person: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Say whose a tag is, as the session's person."""

    def again(refusal: str, status: int) -> Response:
        return refuse(visitor.request, status, refusal, pages.show(refusal, status))

    try:
        session = visitor.acting(csrf)
        if not (person or session.person) or not wearer:
            return again("Choose who you are and whose the tag is.", 422)
        known = _tag.validate_python(tag)
        who = visitor.sessions.acting(session, person).person or person
        tags.assign(known, wearer, who)
    except ValidationError:
        return again("That is no tag that a reader hears.", 422)
    except BackendError as problem:
        hint = f" {wording.sentence(problem.hint)}" if problem.hint else ""
        return again(wording.sentence(str(problem)) + hint, problem.status)
    return RedirectResponse("/tags", 303, headers=GUARDS)


def _muster_values(view: MusterView, clock: Clock, time_zone: str) -> dict[str, object]:
    old_ns = clock() - view.as_of_ns if view.as_of_ns is not None else None
    stale = old_ns is None or old_ns > STALE_NS
    return {"muster": view, "stale": stale, **_now(clock, time_zone)}


def _now(clock: Clock, time_zone: str) -> dict[str, object]:
    now_ns = clock()
    return {"now_ns": now_ns, "now_ms": now_ns // NS_PER_MS, "time_zone": time_zone}
