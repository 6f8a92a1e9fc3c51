"""A backend that keeps its incidents in memory: what the console's routes need, honestly kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from fastapi import FastAPI

from backend.clips.store import KeptFile
from backend.console.links import router as links
from backend.console.routes import router
from backend.console.streams import Streams
from backend.errors import BackendError, ExpiredLinkError, ForgedLinkError, UnknownError
from backend.incidents.call_answers import Answer, Via
from backend.incidents.lifecycle import Life
from backend.incidents.outcome import Outcome
from backend.incidents.view import IncidentSummary, IncidentView, TimelineEntry
from backend.metrics import BackendMetrics
from backend.people.sessions import ConsoleSession
from contract.instants import ns
from tests.backend.console.sample_incidents import NOW_NS, iso, summary


@dataclass(frozen=True)
class Opened:
    incident: int
    person: str
    key: str = "link-1"
    discreet: bool = False
    name: str = "the link of page 1"


@dataclass(frozen=True)
class Act:
    incident: int
    person: str
    via: str
    key: str


class NoClips:
    """No camera has delivered anything."""

    def of(self, incident: int, /) -> list[KeptFile]:
        return []


@dataclass
class MemorySessions:
    """One session that every browser is in; none where it is `None`."""

    session: ConsoleSession | None = field(
        default_factory=lambda: ConsoleSession(7, NOW_NS + ns(3600), "c" * 32)
    )
    everybody: dict[str, str] = field(
        default_factory=lambda: {
            "karin-ek": "Karin Ek",
            "ines-falk": "Ines Falk",
            "omar-said": "Omar Said",
            "gustav-dahl": "Gustav Dahl",
        }
    )
    cookie_name: str = "floorwatch-tests"

    def check_link(self, token: str, /) -> None:
        raise ForgedLinkError(token)

    def begin(self, token: str, /) -> tuple[str, ConsoleSession]:
        raise ForgedLinkError(token)

    def find(self, cookie: str | None, /) -> ConsoleSession | None:
        return self.session

    def holds(self, session: ConsoleSession, /) -> bool:
        return self.session is not None and session.id == self.session.id

    def people(self) -> dict[str, str]:
        return self.everybody

    def become(self, session: ConsoleSession, person: str, /) -> ConsoleSession:
        self.session = replace(session, person=person, person_name=self.everybody[person])
        return self.session

    def acting(self, session: ConsoleSession, person: str, /) -> ConsoleSession:
        return session if session.person else self.become(session, person)

    def end(self, session: ConsoleSession, /) -> None:
        self.session = None

    def same_form(self, session: ConsoleSession, csrf: str, /) -> bool:
        return csrf == session.csrf


@dataclass
class MemoryBackend:
    """Reader, links and acknowledger in one. `away` is a database that cannot be reached."""

    views: dict[int, IncidentView] = field(default_factory=dict)
    tokens: dict[str, Opened] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    ends: list[tuple[int, str, str, Outcome | None]] = field(default_factory=list)
    away: bool = False
    now_ns: int = NOW_NS
    sessions: MemorySessions = field(default_factory=lambda: MemorySessions())
    streams: Streams = field(default_factory=lambda: Streams(look_s=0.05, beat_s=0.2))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, views: Iterable[IncidentView]) -> MemoryBackend:
        found = cls()
        found.put(*views)
        return found

    def put(self, *views: IncidentView) -> None:
        with self._lock:
            self.views.update({view.id: view for view in views})

    def clock(self) -> int:
        return self.now_ns

    def incident(self, incident_id: int, /) -> IncidentView:
        self._reach()
        with self._lock:
            if incident_id not in self.views:
                raise UnknownError(f"There is no incident {incident_id}.")
            return self.views[incident_id]

    def incidents(self, status: str | None = None, limit: int = 50) -> Sequence[IncidentSummary]:
        self._reach()
        with self._lock:
            found = [view for view in self.views.values() if status in (None, view.status)]
        return [summary(view) for view in sorted(found, key=lambda one: -one.id)[:limit]]

    def open(self, token: str, /) -> Opened:
        if token == "old":
            raise ExpiredLinkError("This link is from Monday and has expired.")
        if token not in self.tokens:
            raise ForgedLinkError("This link was not made here.")
        return self.tokens[token]

    def acknowledge(self, incident_id: int, person_id: str, /, *, via: Via, key: str) -> None:
        self.answer(incident_id, person_id, Answer.ACKNOWLEDGE, via=via, key=key)

    def answer(
        self, incident_id: int, person_id: str, answer: Answer, /, *, via: Via, key: str,
        through: str = "",
    ) -> IncidentView:  # fmt: skip
        with self._lock:
            view = self.incident(incident_id)
            if any(act.key == key for act in self.acts):
                return view
            self.acts.append(Act(incident_id, person_id, via, key))
            if view.status != Life.OPEN:
                return view
            line = TimelineEntry(
                seq=len(view.timeline) + 1,
                at_ns=self.now_ns,
                at=iso(self.now_ns),
                what="acknowledged",
                who=person_id,
                text=f"{person_id} acknowledged, by {via}",
            )
            told = {
                "status": Life.ACKNOWLEDGED,
                "acknowledged_by": person_id,
                "acknowledged_ns": self.now_ns,
                "next_step_ns": None,
                "next_people": (),
                "timeline": (*view.timeline, line),
            }
            self.put(view.model_copy(update=told))
            return self.views[incident_id]

    def resolve(
        self, incident_id: int, person_id: str, reason: str, outcome: Outcome | None = None, /,
        *, through: str = "",
    ) -> IncidentView:  # fmt: skip
        self._end(incident_id, person_id, reason, outcome)
        return self.views[incident_id]

    def judge(
        self, incident_id: int, person_id: str, reason: str, outcome: Outcome, /,
        *, through: str = "",
    ) -> IncidentView:  # fmt: skip
        self._end(incident_id, person_id, reason, outcome)
        return self.views[incident_id]

    def _end(self, incident: int, person: str, reason: str, outcome: Outcome | None) -> None:
        self.ends.append((incident, person, reason, outcome))
        told = {"status": "resolved", "outcome": outcome, "next_step_ns": None}
        self.put(self.incident(incident).model_copy(update=told))

    def app(self) -> FastAPI:
        app = FastAPI()
        app.state.reader = app.state.links = app.state.acknowledger = self
        app.state.sessions = self.sessions
        app.state.clips = NoClips()
        app.state.metrics = BackendMetrics()
        app.state.clock = self.clock
        app.state.streams = self.streams
        app.state.time_zone = "Europe/Stockholm"
        app.include_router(router)
        app.include_router(links)
        return app

    def _reach(self) -> None:
        if self.away:
            raise BackendError("The database cannot be reached.")
