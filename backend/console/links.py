"""The signed links of pages: `/a/TOKEN` acts as the person whom it was sent to, without a session.

Whoever was paged must be able to answer with one tap, on a phone that has never been here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from backend.api.needs import TheAcknowledger, TheClips
from backend.console import outline, rendering, wording
from backend.console.answer import AnswerForms, ToldAs, name_of
from backend.console.films import film_answer
from backend.console.incident_pages import (
    MEANWHILE,
    IncidentPages,
    TheIncidentPages,
    end,
    new_key,
    no_stream,
    said_in,
)
from backend.console.needs import TheLinks
from backend.console.responses import FRAGMENT_HEADER, GUARDS, page, refuse
from backend.errors import BackendError, IllegalTransitionError
from backend.incidents.call_answers import Answer as Said
from backend.incidents.view import IncidentView
from backend.paging.links import Links, OpenedLink

router = APIRouter(include_in_schema=False)

NOT_TAKEN = "Take it first: then you see who it is and what was measured."


@dataclass(frozen=True)
class LinkPages:
    """Shows and answers the incident of a signed link."""

    request: Request
    links: Links
    pages: IncidentPages

    def opened(self, token: str, *, shown: bool = False) -> tuple[IncidentView, OpenedLink]:
        """Return what a link is for.

        Raises
        ------
        BackendError
            When it lets nobody in; or, where the person in it is to be `shown`, when nobody has
            taken it yet.
        """
        opened = self.links.open(token)
        if shown and opened.discreet:
            raise IllegalTransitionError(NOT_TAKEN)
        return self.pages.reader.incident(opened.incident), opened

    def show(
        self, view: IncidentView, opened: OpenedLink, answer: AnswerForms, status: int = 200
    ) -> Response:
        """Return as much of the incident as the link shows."""
        if opened.discreet:
            return page(outline.call_page(view, answer, self.pages.clock()), status)
        return self.pages.whole(view, answer, status=status)

    def done(
        self, token: str, act: Callable[[IncidentView, OpenedLink], IncidentView], told_as: ToldAs
    ) -> Response:
        """Do what a form asks and show what came of it; or show it again, and say why not."""
        try:
            view, opened = self.opened(token)
        except BackendError as problem:
            return refuse(self.request, problem.status, str(problem), _dead_link(problem))
        try:
            view = act(view, opened)
        except BackendError as problem:
            why = wording.sentence(str(problem))
            answer = _answer(view, opened, token, key=new_key()).saying(told_as, why)
            again = self.show(view, opened, answer, problem.status)
            return refuse(self.request, problem.status, why, again)
        # Opened anew: who has taken it sees more than who had not.
        view, opened = self.opened(token)
        answer = _answer(view, opened, token)
        if FRAGMENT_HEADER in self.request.headers and not opened.discreet:
            return self.pages.fragment(view, answer)
        # No redirect: whoever holds the link sees its result, signed in or not.
        return self.show(view, opened, answer)


async def link_pages(request: Request, links: TheLinks, pages: TheIncidentPages) -> LinkPages:
    """Return what shows the incidents of links, for this request."""
    return LinkPages(request, links, pages)


TheLinkPages = Annotated[LinkPages, Depends(link_pages)]


@router.get("/a/{token}")
def link(link: TheLinkPages, token: str) -> Response:
    """Show the incident of a signed link. Link previews follow GETs, so nothing is done here."""
    try:
        view, opened = link.opened(token)
    except BackendError as problem:
        return _dead_link(problem)
    return link.show(view, opened, _answer(view, opened, token, key=new_key()))


@router.get("/a/{token}/events")
async def link_events(link: TheLinkPages, token: str) -> Response:
    """Follow the incident of a signed link."""
    try:
        view, opened = await run_in_threadpool(link.opened, token, shown=True)
    except BackendError as problem:
        return no_stream(problem)
    return link.pages.follow(view.id, _answer(view, opened, token))


@router.get("/a/{token}/films/{name}")
def link_film(link: TheLinkPages, clips: TheClips, token: str, name: str) -> Response:
    """Serve what a camera saw of the incident of a signed link, and put on record for whom."""
    try:
        _, opened = link.opened(token, shown=True)
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)
    return film_answer(clips, name, opened.person, opened.incident)


@router.post("/a/{token}")
def answer_by_link(
    link: TheLinkPages,
    acknowledger: TheAcknowledger,
    token: str,
    answer: Annotated[str, Form()] = Said.ACKNOWLEDGE,
) -> Response:
    """Answer as the person whom the link was sent to, and show the result.

    The link itself is the key: a copy of one tap changes nothing more, while that answer holds.
    Once somebody is asked anew, the same link answers anew.
    """

    def act(view: IncidentView, opened: OpenedLink) -> IncidentView:
        said = said_in(answer)
        return acknowledger.answer(
            view.id, opened.person, said, via="link", key=opened.key, through=opened.name
        )

    return link.done(token, act, "refusal")


@router.post("/a/{token}/end")
def end_by_link(
    link: TheLinkPages,
    acknowledger: TheAcknowledger,
    token: str,
    outcome: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Resolve the incident as the person whom the link was sent to, or say what it was."""

    def act(view: IncidentView, opened: OpenedLink) -> IncidentView:
        if opened.discreet:
            raise IllegalTransitionError(NOT_TAKEN)
        return end(acknowledger, view, opened.person, outcome, reason, opened.name)

    return link.done(token, act, "not_ended")


def _answer(view: IncidentView, opened: OpenedLink, token: str, *, key: str = "") -> AnswerForms:
    return AnswerForms.through(token, name_of(view, opened.person) or opened.person, key=key)


def _dead_link(problem: BackendError) -> Response:
    todo = (
        "Open the newest message that you were sent: an older link may be used up.",
        "Or acknowledge on a screen that is signed in to this console: there it stands in the "
        "list of all incidents.",
        MEANWHILE,
    )
    title = "This link does not acknowledge anything"
    return page(rendering.problem_page(title, str(problem), todo), problem.status)
