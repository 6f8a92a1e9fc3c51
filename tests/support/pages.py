"""The backend with a clock that can be wound on, and an inbox that fails on what nobody expected.

A test reads as the promise that it holds::

    pager.detect("fall")
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    pager.fast_forward(180)
    pager.expect_pages("SEV2 gustav-dahl")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any, ClassVar

from pydantic import PrivateAttr

from backend.assembly import Parts, assemble
from backend.database.connection import Database
from backend.errors import DeliveryError
from backend.incidents.view import IncidentView
from backend.paging.catalogue import named
from backend.paging.channel import Channel
from backend.paging.page import Page
from backend.people.contact import Contact
from contract.detection import Detection, Phase, Receipt, detection_id
from contract.instants import Clock, ns
from contract.severity import Facts, assess
from contract.site import Site
from contract.sitefile import parse

SITE = """
[site]
id = "hall-7"
title = "Hall 7"
time_zone = "Europe/Stockholm"

[[zone]]
id = "press-line"
title = "B3 Press line"

[[zone]]
id = "robot-cell"
title = "B4 Robot cell"
hazard = "A"

[[zone]]
id = "chemicals"
title = "C1 Chemicals"
hazard = "C"

[[wearer]]
id = "m-keller"
name = "Mira Keller"
department = "Press line"
phone = "+46700001003"

[[wearer]]
id = "o-lund"
name = "Olle Lund"

[[wearer]]
id = "k-sato"
name = "Kenji Sato"
lone = true

[[device]]
id = "belt-03"
kind = "imu"
wearer = "m-keller"
can_ask = true

[[device]]
id = "belt-10"
kind = "imu"
wearer = "k-sato"
can_ask = true

[[device]]
id = "belt-12"
kind = "imu"
wearer = "o-lund"

[[person]]
id = "karin-ek"
name = "Karin Ek"
roles = ["ehs-officer"]
email = "karin.ek@hall7.example"

[[person]]
id = "omar-said"
name = "Omar Said"
roles = ["ehs-officer"]
email = "omar.said@hall7.example"

[[person]]
id = "ines-falk"
name = "Ines Falk"
roles = ["first-aider", "supervisor"]
email = "ines.falk@hall7.example"

[[person]]
id = "gustav-dahl"
name = "Gustav Dahl"
roles = ["site-manager"]
email = "gustav.dahl@hall7.example"

[[on_call]]
id = "ehs"
people = ["karin-ek", "omar-said"]

[[escalation]]
severity = "SEV1"
repeat = 1
steps = [
  { to = ["on-call:ehs", "role:first-aider"], wait_s = 60 },
  { to = ["role:site-manager"], wait_s = 60 },
]

[[escalation]]
severity = "SEV2"
steps = [
  { to = ["on-call:ehs", "role:first-aider"], wait_s = 180 },
  { to = ["role:site-manager"], wait_s = 180 },
]

[[escalation]]
severity = "SEV3"
steps = [{ to = ["role:supervisor"], wait_s = 900 }]

[[channel]]
kind = "console"
"""
START_NS = ns(1_767_582_000)  # 2026-01-05 03:00:00 UTC
PERSON_OF = {"belt-03": "m-keller", "belt-10": "k-sato", "belt-12": "o-lund"}


def paging_site(**changes: str) -> Site:
    """Return the site of these tests; each change replaces a piece of its text."""
    text = SITE
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return parse(text)


class Inbox(Channel):
    """Takes every page and keeps it. `breaks` names people for whom it does not."""

    kind: ClassVar[str] = "inbox"

    _taken: list[Page] = PrivateAttr(default_factory=list)
    _breaks: dict[str, Exception] = PrivateAttr(default_factory=dict)
    _lock: Lock = PrivateAttr(default_factory=Lock)
    _free: Event = PrivateAttr(default_factory=Event)
    _waiting: int = PrivateAttr(default=0)

    def model_post_init(self, context: object) -> None:
        self._free.set()

    def reaches(self, contact: Contact) -> bool:
        return True

    def send(self, page: Page) -> str:
        if not self._free.is_set():
            with self._lock:
                self._waiting += 1
            self._free.wait()
        if page.to.person in self._breaks:
            raise self._breaks[page.to.person]
        with self._lock:
            self._taken.append(page)
        return f"inbox-{page.id}"

    def breaks(self, person: str, *, permanent: bool) -> None:
        self._breaks[person] = DeliveryError("no route", permanent=permanent)

    def explodes(self, person: str) -> None:
        self._breaks[person] = ZeroDivisionError("a fault in the channel itself")

    def holds(self) -> None:
        """Hold hand-offs up, until it lets go."""
        self._free.clear()

    def lets_go(self) -> None:
        self._free.set()

    @property
    def waiting(self) -> int:
        """How many hand-offs were held up."""
        return self._waiting

    def mends(self) -> None:
        self._breaks.clear()

    def taken(self) -> list[Page]:
        with self._lock:
            return list(self._taken)

    def empty(self) -> list[Page]:
        with self._lock:
            taken, self._taken[:] = list(self._taken), []
        return taken


class Pager:
    """One backend without HTTP, its clock, and its inbox."""

    def __init__(
        self,
        database_url: str,
        *,
        site: Site | None = None,
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        self.now_ns = START_NS
        self.site = site or paging_site()
        self.inbox = Inbox()
        self.channels = named([self.inbox]) if channels is None else channels
        self.database_url = database_url
        self._open: list[Parts] = []
        self._clips = TemporaryDirectory(prefix="floorwatch-clips-")
        self.parts = self.another()

    def another(self) -> Parts:
        """Return a second backend on the same database and clock, as a second process would be."""
        return self.assembled(Database(self.database_url), lambda: self.now_ns)

    def assembled(self, database: Database, clock: Clock) -> Parts:
        """Return a backend over a database. It is closed with this pager."""
        parts = assemble(
            self.site,
            database,
            self.channels,
            clock,
            base_url="http://floorwatch.example",
            secret="a secret of the tests",
            clip_folder=Path(self._clips.name),
        )
        self._open.append(parts)
        return parts

    def close(self) -> None:
        """Stop, and fail on a page that no test expected."""
        self.inbox.lets_go()
        for parts in self._open:
            parts.engine.stop()
            parts.database.close()
        self._clips.cleanup()
        unexpected = [_told(page) for page in self.inbox.taken()]
        assert not unexpected, f"nobody expected {unexpected}"

    def detection(
        self,
        kind: str = "fall",
        device: str = "belt-03",
        *,
        phase: Phase = "onset",
        onset_s: float = -2.5,
        decided_s: float = 0,
        confidence: float = 0.9,
        claim_s: float | None = None,
        zone: str | None = "press-line",
        exercise: bool = False,
        **facts: Any,
    ) -> Detection:
        """Return a claim; `onset_s` and `decided_s` count from now."""
        person = PERSON_OF.get(device)
        known = Facts(kind=kind, **facts)
        onset_ns = self.now_ns + ns(onset_s)
        subject = f"person:{person}" if person else f"device:{device}"
        claimed_ns = onset_ns if claim_s is None else START_NS + ns(claim_s)
        return Detection(
            id=detection_id(kind, subject, claimed_ns),
            kind=kind,
            phase=phase,
            site=self.site.id,
            device=device,
            person=person,
            zone=zone,
            onset_ns=onset_ns,
            decided_ns=self.now_ns + ns(decided_s),
            confidence=confidence,
            reason=f"{kind} on {device}",
            facts=known,
            assessment=assess(known, self.site.severity),
            exercise=exercise,
        )

    def receive(self, detection: Detection) -> Receipt:
        """Take a detection in, and run a cycle as its kick would."""
        receipt = self.parts.intake.receive(detection, self.now_ns)
        self.parts.engine.cycle(self.now_ns)
        return receipt

    def detect(self, kind: str = "fall", device: str = "belt-03", **claim: Any) -> Receipt:
        """Make a detection and take it in."""
        return self.receive(self.detection(kind, device, **claim))

    def fast_forward(self, by_s: float, tick_s: float = 1) -> None:
        """Wind the clock on, with a cycle every tick as in real life."""
        end_ns = self.now_ns + ns(by_s)
        while self.now_ns < end_ns:
            self.now_ns = min(self.now_ns + ns(tick_s), end_ns)
            self.parts.engine.cycle(self.now_ns)

    def expect_pages(self, *expected: str) -> list[Page]:
        """Check that exactly these went out since the last look, each as `SEV2 karin-ek`."""
        taken = self.inbox.empty()
        assert sorted(map(_told, taken)) == sorted(expected)
        return taken

    def view(self, incident: int = 1) -> IncidentView:
        return self.parts.reader.incident(incident)

    def timeline(self, incident: int = 1) -> list[str]:
        """Return what happened, as words; its numbers are checked on the way."""
        entries = self.view(incident).timeline
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        return [entry.what for entry in entries]


def _told(page: Page) -> str:
    return f"{page.severity} {page.to.person}{' (repeat)' if page.repeat else ''}"
