"""How the reader of an incident's page may acknowledge it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from backend.incidents.view import IncidentView


@dataclass(frozen=True)
class Answer:
    """The form at the bottom of the page.

    Parameters
    ----------
    action
        Where it is posted.
    key
        The idempotency key of a tap. Empty in a live fragment: there the browser makes one.
    person_name
        Who acts, when the link says so; None when the reader chooses.
    refusal
        Why the last attempt was not taken.
    not_ended
        Why the last attempt to end it was not taken.
    """

    action: str
    key: str = ""
    person_name: str | None = None
    refusal: str | None = None
    not_ended: str | None = None

    @property
    def by_link(self) -> bool:
        """Whether a signed link says who acts."""
        return self.person_name is not None

    @classmethod
    def by_choice(cls, incident: int, *, key: str = "") -> Answer:
        """Return the form of a page that anybody at the site may open."""
        return cls(f"/i/{incident}/acknowledge", key)

    @classmethod
    def through(cls, token: str, person_name: str, *, key: str = "") -> Answer:
        """Return the form of a page that a signed link opened."""
        return cls(f"/a/{quote(token, safe='')}", key, person_name)


def people_paged(view: IncidentView) -> dict[str, str]:
    """Return id → name of everybody who was paged, in the order in which they were."""
    return {page.person: page.person_name for page in sorted(view.pages, key=lambda p: p.due_ns)}


def name_of(view: IncidentView, person: str | None) -> str | None:
    """Return a person's name where the incident knows it, else what was given."""
    if person is None:
        return None
    return people_paged(view).get(person, person)
