"""One backend or two on one database, its clock that people set, and channels that fail.

`true_ns` is what has really passed. No backend knows it: they reckon by the database's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import PrivateAttr
from sqlalchemy import func, select

from backend.assembly import Parts
from backend.database.connection import Database
from backend.database.host_clock import HostClock
from backend.database.migrate import migrate
from backend.database.tables import IncidentRow, PageRow
from backend.database.time_base import TimeBase
from backend.errors import ClockMovedError, DeliveryError
from backend.paging.catalogue import named
from backend.paging.lanes import ChannelRoom
from backend.paging.page import Page
from backend.paging.page_life import PageStatus
from contract.detection import Detection, Receipt
from contract.instants import ns, seconds
from contract.site import Site
from tests.support.pages import START_NS, Inbox, Pager, paging_site

POLICIES: tuple[dict[str, str], ...] = (
    {},
    {"repeat = 1": "repeat = 0", "wait_s = 180": "wait_s = 30"},
    {'"on-call:ehs", "role:first-aider"], wait_s = 60': '"role:site-manager"], wait_s = 300'},
    {
        '[[channel]]\nkind = "console"': "[response]\nSEV1 = { on_scene_s = 60, ask_again_s = 600 }"
        '\nSEV2 = { on_scene_s = 120, acknowledge_s = 30 }\n\n[[channel]]\nkind = "console"'
    },
)
"""What a site may have written into its file: other rungs and other times."""
MOST_TICKS = 14
"""Then a wait goes on in four equal parts."""


class Fails(StrEnum):
    """How a channel does not take a page."""

    FOR_NOW = "an answer that may change"
    HARD = "a hard answer"
    BROKEN = "a fault in the channel itself"
    LATE_WORD = "it takes the page, and says that it did not"


class Ear(Inbox):
    """Takes pages or does not, and notes for each incident when somebody was last called."""

    _now_ns: Callable[[], int] = PrivateAttr(default=int)
    _how: dict[str, Fails] = PrivateAttr(default_factory=dict)
    _calls: dict[int, int] = PrivateAttr(default_factory=dict)
    _refused: dict[int, int] = PrivateAttr(default_factory=dict)

    @property
    def calls(self) -> dict[int, int]:
        """Incident: when somebody was last called for it, or it was tried."""
        return self._calls

    @property
    def refused(self) -> dict[int, int]:
        """Page: when it was last not taken, if it was not taken since."""
        return self._refused

    def fails(self, person: str, how: Fails) -> None:
        """Take no page for somebody any more."""
        self._how[person] = how

    def mends(self) -> None:
        """Take everything again."""
        self._how.clear()

    def send(self, page: Page) -> str:
        with self._lock:
            self._calls[page.incident] = self._now_ns()
            self._refused[page.id] = self._now_ns()
        match self._how.get(page.to.person):
            case Fails.FOR_NOW:
                raise DeliveryError("no route", permanent=False)
            case Fails.HARD:
                raise DeliveryError("no such address", permanent=True)
            case Fails.BROKEN:
                raise ZeroDivisionError("a fault in the channel itself")
            case Fails.LATE_WORD:
                super().send(page)
                raise DeliveryError("no answer", permanent=False)
        with self._lock:
            del self._refused[page.id]
        return super().send(page)


@cache
def policy(number: int) -> Site:
    return paging_site(**POLICIES[number])


class Hall(Pager):
    """A site whose backends reckon by their database's clock."""

    def __init__(self, database_url: str) -> None:
        self.true_ns = 0
        self.wall_off_ns = 0
        self.booted_ns = -ns(500)
        self.boots = 1
        self.engines: list[Parts] = []
        self.bases: dict[int, TimeBase] = {}
        self.late_s = 0.0
        """So late was whatever was due in the newest wait: engines look every second."""
        self.ear = Ear()
        self.ear._now_ns = lambda: self.true_ns
        super().__init__(database_url, site=policy(0), channels=named([self.ear]))
        self.inbox = self.ear

    @property
    def now_ns(self) -> int:
        """The database's now, as the first backend reckons it."""
        if not self.engines:
            return START_NS
        return self.engines[0].clock()

    @now_ns.setter
    def now_ns(self, value_ns: int) -> None:
        self.true_ns += value_ns - self.now_ns

    def another(self) -> Parts:
        """Start one more backend, as a process of this host."""
        host = HostClock(
            lambda: START_NS + self.true_ns + self.wall_off_ns,
            lambda: self.true_ns - self.booted_ns,
            f"hall-{self.boots}",
        )
        database = Database(self.database_url)
        migrate(database)
        base = TimeBase(database, host)
        parts = self.assembled(database, base.now_ns)
        self.bases[id(parts)] = base
        self.engines.append(parts)
        self.parts = self.engines[0]
        return self.parts

    def ends(self, number: int = 0) -> None:
        """End a backend, whatever it had in hand."""
        parts = self.engines.pop(number)
        del self.bases[id(parts)]
        parts.engine.stop()
        parts.database.close()
        self._open.remove(parts)

    def restarts(self, *, away_s: float = 0, set_s: float = 0, reboots: bool = False) -> None:
        """End every backend and start one, with a clock that was set meanwhile."""
        while self.engines:
            self.ends()
        self.true_ns += ns(away_s)
        self.wall_off_ns += ns(set_s)
        if reboots:
            self.boots, self.booted_ns = self.boots + 1, self.true_ns - ns(7)
        self.another()
        self.tick()  # an engine looks as soon as it runs

    def dies_with_pages_in_hand(self) -> None:
        """Claim all that is due, hand nothing off, and be gone."""
        parts = self.engines[0]
        parts.outbox.claim({name: ChannelRoom() for name in self.channels}, parts.clock)
        self.ends()
        if not self.engines:
            self.another()
        self.parts = self.engines[0]
        self.tick()

    def tick(self) -> None:
        """Let every backend look at the clock and at what is due."""
        for parts in list(self.engines):
            self.bases[id(parts)].look()
            parts.engine.cycle(parts.clock())

    def receive(self, detection: Detection) -> Receipt:
        """Take a detection in, and look. One that is refused with a 503 is sent again."""
        try:
            receipt = self.parts.intake.receive(detection, self.parts.clock())
        except ClockMovedError:
            receipt = self.parts.intake.receive(detection, self.parts.clock())
        self.parts.engine.cycle(self.parts.clock())
        return receipt

    def passes(self, for_s: float, looked: Callable[[float], None]) -> None:
        """Let time pass, with a tick whenever something is due, and say how it stands after each.

        Engines look every second; in between nothing is due.
        """
        end_ns = self.true_ns + ns(for_s)
        # What was late in the wait before may still be under way.
        before_s, self.late_s, ticks = self.late_s, 1.0, 0
        while self.true_ns < end_ns:
            due_ns = max(ns(1), self._until_due_ns())
            longest_ns = max(ns(5), ns(for_s / 8))
            by_ns = min(due_ns, longest_ns) if ticks < MOST_TICKS else max(ns(1), ns(for_s / 4))
            by_ns = min(by_ns, end_ns - self.true_ns)
            self.late_s = max(self.late_s, seconds(by_ns - due_ns))
            self.true_ns += by_ns
            ticks += 1
            self.tick()
            looked(max(before_s, self.late_s))

    def _until_due_ns(self) -> int:
        """How long until anything is due in the database, by its own clock."""
        due = [
            select(func.min(IncidentRow.next_ns)).where(IncidentRow.status != "resolved"),
            select(func.min(IncidentRow.asking_until_ns)).where(IncidentRow.status != "resolved"),
            select(func.min(PageRow.try_ns)).where(PageRow.status == PageStatus.DUE),
        ]
        with self.parts.database.read() as session:
            claimed = select(PageRow.id).where(PageRow.status == PageStatus.SENDING).limit(1)
            if session.scalars(claimed).first() is not None:
                return ns(1)
            found: list[Any] = [session.scalar(each) for each in due]
        return min((each for each in found if each is not None), default=2**62) - self.now_ns
