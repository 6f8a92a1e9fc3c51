"""Pages out of memory while the database has no room: somebody lies there, disk or no disk.

Nothing here is on record, and none of it counts as an answer or ends anything: the detection stays
with the gateway, the page stays due, the incident keeps its instant. When there is room again the
database goes on where it was. A restart in between may page once more.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock, Thread
from types import SimpleNamespace
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import IncidentRow, PageRow
from backend.errors import BackendError
from backend.incidents.lifecycle import Life
from backend.incidents.record import incident_of
from backend.metrics import BackendMetrics
from backend.paging.calls import Call, calls, everybody, ways_to
from backend.paging.channel import Channel
from backend.paging.escalation import EscalationState
from backend.paging.links import Links
from backend.paging.outcome import TryResult
from backend.paging.page import Page, Purpose
from backend.paging.page_life import UNSETTLED
from backend.paging.words import page_from, words
from backend.people.contact import Contact
from contract.detection import Detection
from contract.detection_kinds import ANSWERS
from contract.instants import Clock, ns
from contract.severity import assess
from contract.site import Site

log = structlog.get_logger(__name__)

AGAIN_S = 60
"""What stays due while nothing can be written is called about again after so long."""
MOST_REMEMBERED = 10_000
MOST_AT_ONCE = 32
"""Hand-offs under way. Each has its channel's own deadline."""


@dataclass
class Called:
    """What was done about one thing, in memory alone."""

    step: int
    next_ns: int


class Emergency:
    """Calls people while the database is full."""

    def __init__(
        self,
        site: Site,
        database: Database,
        channels: Mapping[str, Channel],
        links: Links,
        metrics: BackendMetrics,
        clock: Clock,
        *,
        board_url: str,
    ) -> None:
        self._site = site
        self._database = database
        self._channels = channels
        self._links = links
        self._metrics = metrics
        self._clock = clock
        self._board_url = board_url
        self._steps = {policy.severity: policy.steps for policy in site.escalation}
        self._called: OrderedDict[str, Called] = OrderedDict()
        self._lock = Lock()
        self._room = BoundedSemaphore(MOST_AT_ONCE)

    def page(self, detection: Detection) -> int:
        """Page the first rung about a detection that cannot be written down, once an id.

        The gateway offers it again and again; when a rung has waited long enough the next is paged.
        Return how many pages were begun.
        """
        if detection.kind in ANSWERS or detection.exercise or detection.phase == "clear":
            return 0
        facts = detection.facts.model_copy(update={"kind": detection.kind})
        assessment = assess(facts, self._site.severity)
        steps = self._steps.get(assessment.severity, ())
        if not steps:
            return 0
        now_ns = self._clock()
        step = self._turn(f"detection:{detection.id}", now_ns, [s.wait_s for s in steps])
        if step is None:
            return 0
        incident = incident_of(detection, facts, assessment, now_ns)
        said = words(self._site, incident)
        found = self._reached(steps[step].to)
        return self._send(found, said, incident.severity, 0, lambda call: self._board_url)

    def look(self) -> int:
        """Call about whatever is due in a database that can be read and not written.

        Pages that are due are handed off; of incidents whose instant has come the next rung is
        called, and everybody after it. Return how many pages were begun.
        """
        now_ns = self._clock()
        try:
            with self._database.read() as session:
                begun = sum(self._due_page(session, page, now_ns) for page in _due(session, now_ns))
                begun += sum(
                    self._due_incident(session, each, now_ns) for each in _waited(session, now_ns)
                )
        except BackendError as error:
            log.error("a full database cannot even be read", reason=str(error))
            return 0
        return begun

    def _due_page(self, session: Session, page: PageRow, now_ns: int) -> int:
        if self._turn(f"page:{page.id}", now_ns, [AGAIN_S]) is None or page.words is None:
            return 0
        ways = ways_to(session, self._channels, page.person)
        found = [call for call in ways if call[1] == page.channel]
        url = self._links.url(page)
        return self._send(found, page.words, page.severity, page.incident_id, lambda call: url)

    def _due_incident(self, session: Session, incident: IncidentRow, now_ns: int) -> int:
        if incident.exercise or incident.escalation == EscalationState.DIGEST:
            return 0
        rungs = incident.ladder["steps"]
        waits = [float(rung["wait_s"]) for rung in rungs] or [AGAIN_S]
        passed = self._turn(f"incident:{incident.id}:{incident.next_ns}", now_ns, [*waits, AGAIN_S])
        if passed is None:
            return 0
        if incident.escalation == EscalationState.LEASED and passed == 0:
            found = ways_to(session, self._channels, incident.acknowledged_by or "")
            purpose = Purpose.ASK
        elif rungs and passed < len(rungs):
            to = rungs[(incident.step + passed) % len(rungs)]["to"]
            found = calls(session, self._channels, to, incident.climbs)
            purpose = Purpose.CALL
        else:
            found = everybody(session, self._channels, self._site.last_resort)
            purpose = Purpose.LAST_RESORT
        said = words(self._site, incident, purpose)
        return self._send(found, said, incident.severity, incident.id, lambda call: self._board_url)

    def _turn(self, key: str, now_ns: int, waits_s: list[float]) -> int | None:
        """Return which turn a thing has now, from 0; None while its last one is waited for."""
        with self._lock:
            known = self._called.pop(key, None) or Called(step=0, next_ns=now_ns)
            due = known.next_ns <= now_ns
            turn = known.step
            if due:
                known = Called(turn + 1, now_ns + ns(waits_s[min(turn, len(waits_s) - 1)]))
            self._called[key] = known
            while len(self._called) > MOST_REMEMBERED:
                self._called.popitem(last=False)
        return min(turn, len(waits_s) - 1) if due else None

    def _reached(self, to: Iterable[str]) -> list[Call]:
        try:
            with self._database.read() as session:
                found = calls(session, self._channels, to)
        except BackendError:
            found = []
        return found or list(self._of_the_file(to))

    def _of_the_file(self, to: Iterable[str]) -> Iterator[Call]:
        """Yield whom the site file names, where the database does not even answer."""
        for target in to:
            for person in self._site.targets(target):
                known = self._site.people[person]
                contact = Contact(
                    person=known.id, name=known.name, email=known.email, phone=known.phone
                )
                for name, channel in self._channels.items():
                    if channel.reaches(contact):
                        yield contact, name

    def _send(
        self, found: Iterable[Call], said: dict[str, Any], severity: str, incident: int, url: Any
    ) -> int:
        begun = 0
        for call in found:
            row = SimpleNamespace(
                id=0,
                token=secrets.token_hex(8),
                created_ns=self._clock(),
                incident_id=incident,
                severity=severity,
                repeat=False,
            )
            page = page_from(row, said, call[0], url(call))
            if not self._room.acquire(blocking=False):
                log.error("no room for a page out of memory", channel=call[1])
                continue
            Thread(target=self._hand_off, args=(call[1], page), daemon=True).start()
            begun += 1
        return begun

    def _hand_off(self, channel: str, page: Page) -> None:
        try:
            self._channels[channel].send(page)
        except Exception as error:
            self._metrics.pages.labels(channel, TryResult.FAILED).inc()
            log.warning("a page out of memory was not taken", channel=channel, reason=str(error))
        else:
            self._metrics.pages.labels(channel, TryResult.SENT).inc()
            log.warning("paged out of memory", channel=channel, to=page.to.person)
        finally:
            self._room.release()


def _due(session: Session, now_ns: int) -> list[PageRow]:
    wanted = (
        select(PageRow)
        .where(PageRow.status.in_(UNSETTLED), PageRow.try_ns <= now_ns, PageRow.recalled.is_(False))
        .order_by(PageRow.severity, PageRow.try_ns)
        .limit(MOST_AT_ONCE)
    )
    return list(session.scalars(wanted))


def _waited(session: Session, now_ns: int) -> list[IncidentRow]:
    wanted = (
        select(IncidentRow)
        .where(IncidentRow.status != Life.RESOLVED, IncidentRow.next_ns <= now_ns)
        .order_by(IncidentRow.severity, IncidentRow.id)
        .limit(MOST_AT_ONCE)
    )
    return list(session.scalars(wanted))
