"""An incident's page: whole, in pieces, live; and what is done from it. See `routes`, `links`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import Depends
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from backend.api.needs import TheClips, TheClock, TheReader
from backend.clips.clips import Clips
from backend.console import outline, rendering, wording
from backend.console.answer import AnswerForms, ToldAs, may_be
from backend.console.films import Film, by_camera
from backend.console.follower import LiveReader, TheLiveReader
from backend.console.responses import FRAGMENT_HEADER, GUARDS, page, refuse
from backend.console.visitor import TheVisitor, Visitor
from backend.errors import BackendError, RefusedInputError, UnknownError
from backend.incidents.acknowledge import Acknowledger
from backend.incidents.call_answers import Answer as Said
from backend.incidents.lifecycle import Life
from backend.incidents.outcome import Outcome
from backend.incidents.reader import Reader
from backend.incidents.view import IncidentView
from backend.people.sessions import ConsoleSession
from contract.instants import Clock

LARGEST_ID = 2**63 - 1
NOT_KNOWN = "not-known"
OUTCOMES = frozenset({NOT_KNOWN, *Outcome})
MOST_WORDS = 1000
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
MEANWHILE = "If somebody may be hurt, go there or call. Paging goes on until somebody acknowledges."
Act = Callable[[IncidentView], IncidentView]


@dataclass(frozen=True)
class IncidentPages:
    """Shows incidents to whoever sent a request."""

    visitor: Visitor
    reader: Reader
    clips: Clips
    clock: Clock
    follower: LiveReader

    def answer_in(
        self, view: IncidentView, session: ConsoleSession, *, key: str = ""
    ) -> AnswerForms:
        """Return the forms of a session; whom its user may choose to be, until they have."""
        people = may_be(view, self.visitor.sessions.people()) if session.person is None else {}
        return AnswerForms.in_session(view.id, session, people, key=key)

    def whole(
        self,
        view: IncidentView,
        answer: AnswerForms,
        session: ConsoleSession | None = None,
        status: int = 200,
    ) -> Response:
        """Return the whole page, for a session or a link."""
        films, live = by_camera(self.clips.of(view.id)), self.follower.live(answer.live)
        html = rendering.incident_page(view, answer, live, self.clock(), films, session)
        return page(html, status)

    def fragment(self, view: IncidentView, answer: AnswerForms) -> Response:
        """Return the parts of it that change, for a script."""
        films = by_camera(self.clips.of(view.id))
        return page(rendering.incident_fragment(view, answer, self.clock(), films))

    def follow(
        self, number: int, answer: AnswerForms, holds: Callable[[], bool] = lambda: True
    ) -> Response:
        """Follow an incident for as long as `holds`."""

        def look() -> tuple[IncidentView, tuple[Film, ...]]:
            return self.reader.incident(number), by_camera(self.clips.of(number))

        def render(found: tuple[IncidentView, tuple[Film, ...]]) -> str:
            view, films = found
            return rendering.incident_fragment(view, answer, self.clock(), films)

        return self.follower.stream(f"incident {number}", look, render, holds)

    def outlined(self, view: IncidentView, status: int = 200) -> Response:
        """Return what a stranger sees of it."""
        live = self.follower.live(f"/i/{view.id}/events")
        return page(outline.incident_page(view, live, view.time_zone, self.clock()), status)

    def done(self, number: str, act: Act, told_as: ToldAs) -> Response:
        """Do what a form asks and show what came of it; or show it again, and say why not."""
        request = self.visitor.request
        try:
            view = self.reader.incident(incident_id(number))
        except BackendError as problem:
            return refuse(request, problem.status, str(problem), no_incident(problem))
        try:
            view = act(view)
        except BackendError as problem:
            why = wording.sentence(str(problem))
            again = self._again(view, problem.status, told_as, why)
            return refuse(request, problem.status, why, again)
        if FRAGMENT_HEADER in request.headers:
            session = self.visitor.session()
            if session is not None:
                return self.fragment(view, self.answer_in(view, session))
        return RedirectResponse(f"/i/{view.id}", 303, headers=GUARDS)

    def _again(self, view: IncidentView, status: int, told_as: ToldAs, why: str) -> Response:
        session = self.visitor.session()
        if session is None:
            todo = (
                "Open the link in your message: it acts as you, and needs no sign-in.",
                "Or sign this browser in with the link that Floorwatch printed, and do it again.",
                MEANWHILE,
            )
            return page(rendering.problem_page("Not done", why, todo), status)
        answer = self.answer_in(view, session, key=new_key()).saying(told_as, why)
        return self.whole(view, answer, session, status)


async def incident_pages(
    visitor: TheVisitor,
    reader: TheReader,
    clips: TheClips,
    clock: TheClock,
    follower: TheLiveReader,
) -> IncidentPages:
    """Return what shows incidents, for this request."""
    return IncidentPages(visitor, reader, clips, clock, follower)


TheIncidentPages = Annotated[IncidentPages, Depends(incident_pages)]


def end(
    acknowledger: Acknowledger,
    view: IncidentView,
    person: str,
    outcome: str,
    reason: str,
    through: str,
) -> IncidentView:
    """Resolve an incident and say what it was; or say that of one that is resolved.

    Raises
    ------
    RefusedInputError
        When it is not said what it was, or how one knows.
    """
    if outcome not in OUTCOMES:
        raise RefusedInputError("Choose what it was.")
    words = reason_in(reason)
    judged = Outcome(outcome) if outcome != NOT_KNOWN else None
    if view.status != Life.RESOLVED:
        return acknowledger.resolve(view.id, person, words, judged, through=through)
    if judged is not None:
        return acknowledger.judge(view.id, person, words, judged, through=through)
    return view


def reason_in(reason: str) -> str:
    """Return the words of a form, cut to what is kept."""
    words = reason.strip()[:MOST_WORDS].replace("\x00", "")
    if not words:
        raise RefusedInputError("Say in a few words how you know.")
    return words


def no_incident(problem: BackendError) -> Response:
    """Return the page that says that there is none."""
    todo = ("Look for it among all incidents.", MEANWHILE)
    return page(rendering.problem_page("No such incident", str(problem), todo), problem.status)


def no_stream(problem: BackendError) -> Response:
    """Return a refusal to follow."""
    return PlainTextResponse(str(problem), problem.status, GUARDS)


def incident_id(number: str) -> int:
    """Return an incident's number, or raise `UnknownError`."""
    if number.isascii() and number.isdigit() and len(number) < 20 and int(number) <= LARGEST_ID:
        return int(number)
    raise UnknownError(f"{number!r} is not an incident's number.")


def said_in(answer: str) -> Said:
    """Return what a form answers to a call."""
    try:
        return Said(answer)
    except ValueError:
        raise RefusedInputError("Choose what you answer.") from None


def key_in(given: str) -> str:
    """Return a tap's key, or a new one."""
    return given if KEY.fullmatch(given) else new_key()


def new_key() -> str:
    """Return a key that no other tap has."""
    return uuid4().hex
