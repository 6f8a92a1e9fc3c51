"""How the reader of an incident's page may answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote

from backend.incidents.view import IncidentView
from backend.people.sessions import ConsoleSession

ToldAs = Literal["refusal", "not_ended"]
"""Where on the page it stands why something was not done."""


@dataclass(frozen=True)
class AnswerForms:
    """The forms of the page, and where what it shows comes from.

    Parameters
    ----------
    action, end_action
        Where an acknowledgement is posted, and that it is over.
    live
        Where the page is followed.
    films
        Where clips and snapshots are.
    key
        The idempotency key of a tap. Empty in a live fragment: there the browser makes one.
    csrf
        Shows that a form was made for this session; empty where a link shows it.
    person_name
        Who acts, when a link or the session says so; None when the reader chooses.
    people
        Id → name of whom the reader may choose to be.
    by_link
        A signed link opened the page.
    refusal
        Why the last attempt was not taken.
    not_ended
        Why the last attempt to end it was not taken.
    """

    action: str
    end_action: str
    live: str
    films: str = "/films"
    key: str = ""
    csrf: str = ""
    person_name: str | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    by_link: bool = False
    refusal: str | None = None
    not_ended: str | None = None

    @classmethod
    def in_session(
        cls,
        incident: int,
        session: ConsoleSession,
        people: Mapping[str, str],
        *,
        key: str = "",
    ) -> AnswerForms:
        """Return the forms of a browser that was let in."""
        return cls(
            f"/i/{incident}/acknowledge",
            f"/i/{incident}/end",
            f"/i/{incident}/events",
            key=key,
            csrf=session.csrf,
            person_name=session.person_name,
            people=people,
        )

    @classmethod
    def through(cls, token: str, person_name: str, *, key: str = "") -> AnswerForms:
        """Return the forms of a page that a signed link opened. It needs no session."""
        link = f"/a/{quote(token, safe='')}"
        return cls(
            link, f"{link}/end", f"{link}/events", f"{link}/films",
            key=key, person_name=person_name, by_link=True,
        )  # fmt: skip

    def saying(self, told_as: ToldAs, why: str) -> AnswerForms:
        """Return the forms with a sentence that says why something was not done."""
        return replace(self, refusal=why) if told_as == "refusal" else replace(self, not_ended=why)


def people_paged(view: IncidentView) -> dict[str, str]:
    """Return id → name of everybody who was paged, in the order in which they were."""
    return {page.person: page.person_name for page in sorted(view.pages, key=lambda p: p.due_ns)}


def may_be(view: IncidentView, everybody: Mapping[str, str]) -> dict[str, str]:
    """Return whom a reader may choose to be: who was paged first, then every other responder."""
    paged = {person: name for person, name in people_paged(view).items() if person in everybody}
    return {**paged, **{person: name for person, name in everybody.items() if person not in paged}}


def name_of(view: IncidentView, person: str | None) -> str | None:
    """Return a person's name where the incident knows it, else what was given."""
    if person is None:
        return None
    return people_paged(view).get(person, person)
