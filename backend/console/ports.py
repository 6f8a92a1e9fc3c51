"""What the console needs from the rest of the backend, and where it finds it: `app.state`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from starlette.requests import Request

from backend.console.streams import Streams
from backend.incidents.acknowledge import Answer, Via
from backend.incidents.outcome import Outcome
from backend.incidents.view import IncidentSummary, IncidentView
from backend.people.sessions import ConsoleSession
from contract.instants import Clock


class Sessions(Protocol):
    """Knows which browsers were let in. `backend.people.sessions` has the promises."""

    @property
    def cookie_name(self) -> str:
        """What the browser's cookie is called."""

    def check_link(self, token: str, /) -> None:
        """Raise when a printed link lets nobody in."""

    def begin(self, token: str, /) -> tuple[str, ConsoleSession]:
        """Let a browser in by a printed link."""

    def find(self, cookie: str | None, /) -> ConsoleSession | None:
        """Return the session of a cookie, while it holds."""

    def holds(self, session: ConsoleSession, /) -> bool:
        """Whether it still holds, without asking the database."""

    def people(self) -> Mapping[str, str]:
        """Return id → name of everybody whom a session's user may be."""

    def become(self, session: ConsoleSession, person: str, /) -> ConsoleSession:
        """Say who the user is."""

    def acting(self, session: ConsoleSession, person: str, /) -> ConsoleSession:
        """Return the session as whom it acts."""

    def end(self, session: ConsoleSession, /) -> None:
        """Let the browser in no more."""

    def same_form(self, session: ConsoleSession, csrf: str, /) -> bool:
        """Whether a form was made for this session."""


class Reader(Protocol):
    """Reads incidents. Called from worker threads."""

    def incident(self, incident_id: int, /) -> IncidentView:
        """Return one incident.

        Raises
        ------
        backend.errors.UnknownError
            There is none with this number.
        """

    def incidents(self, status: str | None = None, limit: int = 50) -> Sequence[IncidentSummary]:
        """Return the newest incidents, of one status when it is given."""


class OpenedLink(Protocol):
    """What a signed link says: who may acknowledge which incident."""

    @property
    def incident(self) -> int:
        """The incident's number."""

    @property
    def discreet(self) -> bool:
        """Whether nothing of the person in it is shown before they have taken it."""

    @property
    def key(self) -> str:
        """The link's own idempotency key."""

    @property
    def person(self) -> str:
        """The id of the person whom the link was sent to."""


class Links(Protocol):
    """Opens signed links."""

    def open(self, token: str, /) -> OpenedLink:
        """Return what the link says.

        Raises
        ------
        backend.errors.BackendError
            It is not ours, too old or withdrawn; `str()` of it is a sentence for its reader.
        """


class Acknowledger(Protocol):
    """Takes acknowledgements."""

    def answer(
        self, incident_id: int, person_id: str, answer: Answer, /, *, via: Via, key: str
    ) -> IncidentView:
        """Answer, once for each `key`, and return the incident as it is after the commit.

        Raises
        ------
        backend.errors.BackendError
            It cannot be done; `str()` of it is a sentence for the reader.
        """

    def resolve(
        self, incident_id: int, person_id: str, reason: str, outcome: Outcome | None = None, /
    ) -> IncidentView:
        """End an incident, and say what it was if that is known."""

    def judge(
        self, incident_id: int, person_id: str, reason: str, outcome: Outcome, /
    ) -> IncidentView:
        """Say what a resolved incident was."""


@dataclass(frozen=True)
class Ports:
    """The backend's parts that a request of the console uses."""

    reader: Reader
    links: Links
    acknowledger: Acknowledger
    sessions: Sessions
    clock: Clock
    streams: Streams
    time_zone: str

    @classmethod
    def of(cls, request: Request) -> Ports:
        """Return the parts that the application was built with.

        `streams` and `time_zone` (the board's) may be absent: then they are made and UTC.
        """
        state = request.app.state
        if not hasattr(state, "streams"):
            state.streams = Streams()
        return cls(
            reader=cast(Reader, state.reader),
            links=cast(Links, state.links),
            acknowledger=cast(Acknowledger, state.acknowledger),
            sessions=cast(Sessions, state.sessions),
            clock=cast(Clock, state.clock),
            streams=cast(Streams, state.streams),
            time_zone=str(getattr(state, "time_zone", "UTC")),
        )
