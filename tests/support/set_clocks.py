"""A hall whose clocks are set, drift and stand still while its backends page people.

`World` knows how much time has really passed. Each host has a clock that people set and one that
nobody can; PostgreSQL has its own. The backends are whole ones, on a real database of either sort.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import psycopg
from pydantic import PrivateAttr

from backend.database.host_clock import HostClock
from backend.database.tables import ClockStepRow
from backend.paging.channel import Channel
from backend.paging.page import Page
from backend.people.contact import Contact
from backend.runtime import BackendProcess
from contract.detection import Detection, detection_id
from contract.instants import ns, seconds
from contract.severity import Facts, assess
from tests.support.pages import START_NS, paging_site

SERVER_CLOCK = """
CREATE TABLE server_clock (us bigint);
INSERT INTO server_clock VALUES (0);
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS 'SELECT to_timestamp(us / 1000000.0) FROM public.server_clock';
"""
"""Found before PostgreSQL's own, where the search path says so: the product's query is as ever."""


class Called(NamedTuple):
    """Who was called, how badly, and when by the time that has really passed."""

    at_s: float
    person: str
    severity: str
    repeat: bool


@dataclass
class Host:
    """One machine: a clock on the wall that may be set, and how long it has been up."""

    world: World
    name: str
    wall_off_ns: int = 0
    boots: int = 1
    booted_ns: int = 0
    still_ns: int = 0
    """How long it stood still, as a virtual machine does, and did not notice."""

    def clock(self) -> HostClock:
        return HostClock(self.wall_ns, self.boottime_ns, f"{self.name}-{self.boots}")

    def wall_ns(self) -> int:
        return START_NS + self.world.true_ns - self.still_ns + self.wall_off_ns

    def boottime_ns(self) -> int:
        return self.world.true_ns - self.booted_ns - self.still_ns

    def reboot(self) -> None:
        self.boots += 1
        self.booted_ns = self.world.true_ns - ns(7)


class Noting(Channel):
    """Takes every page, and notes when that really was."""

    kind: ClassVar[str] = "noting"

    _world: Any = PrivateAttr(default=None)

    def reaches(self, contact: Contact) -> bool:
        return True

    def send(self, page: Page) -> str:
        world: World = self._world
        called = Called(
            seconds(world.true_ns), page.to.person, str(page.severity), repeat=page.repeat
        )
        world.calls.append(called)
        return f"noting-{page.id}"


@dataclass
class World:
    """Two hosts at most, one database, and the time that passes."""

    database_url: str
    true_ns: int = 0
    calls: list[Called] = field(default_factory=list)
    backends: dict[int, BackendProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hosts = [Host(self, "hall"), Host(self, "spare")]
        self.server_off_ns = 0
        self.drift_ppm = 0.0
        self.tick_s = 2.0
        self.channel = Noting()
        self.channel._world = self
        self._folder = tempfile.TemporaryDirectory(prefix="floorwatch-clocks-")
        self._server: psycopg.Connection[Any] | None = None
        if self.on_server:
            self._server = psycopg.connect(self.database_url, autocommit=True)
            name = self._server.info.dbname
            self._server.execute(SERVER_CLOCK.encode())
            self._server.execute(
                f"ALTER DATABASE {name} SET search_path = public, pg_catalog".encode()
            )
            self._tell_server()
        else:
            # SQLite's engines are processes of one host: they differ in nothing that is true.
            self.hosts[1].name = "hall"

    @property
    def on_server(self) -> bool:
        return self.database_url.startswith("postgresql")

    def start(self, n: int = 0) -> BackendProcess:
        """Start a backend on a host."""
        folder = Path(self._folder.name) / f"backend-{n}"
        backend = BackendProcess(
            paging_site(), state_dir=folder, database_url=self.database_url, engine="manual",
            channels=[self.channel], host_clock=self.hosts[n].clock(),
        )  # fmt: skip
        backend.start()
        self.backends[n] = backend
        return backend

    def stop(self, n: int = 0) -> None:
        self.backends.pop(n).stop()

    def close(self) -> None:
        for n in list(self.backends):
            self.stop(n)
        if self._server is not None:
            self._server.close()
        self._folder.cleanup()

    def set_clock(self, by_s: float, hosts: Sequence[int] = (0, 1)) -> None:
        """Set the clock that the database counts by, and those of the hosts with it."""
        self.server_off_ns += ns(by_s)
        for n in hosts:
            self.hosts[n].wall_off_ns += ns(by_s)
        self._tell_server()

    def passes(self, for_s: float) -> None:
        """Let time pass; every backend looks at the clock and at what is due, each tick."""
        end_ns = self.true_ns + ns(for_s)
        while self.true_ns < end_ns:
            by_ns = min(ns(self.tick_s), end_ns - self.true_ns)
            self.true_ns += by_ns
            drifted_ns = round(by_ns * self.drift_ppm / 1e6)
            self.server_off_ns += drifted_ns
            for host in self.hosts:
                host.wall_off_ns += drifted_ns
            self._tell_server()
            for backend in self.backends.values():
                assert backend.time_base is not None
                backend.time_base.look()
                backend.engine.cycle(backend.clock())

    def goes_by(self, for_s: float) -> None:
        """Let time go by of which no backend takes notice."""
        self.true_ns += ns(for_s)
        self._tell_server()

    def falls(self, n: int = 0, device: str = "belt-03", person: str = "m-keller") -> None:
        """Somebody falls, and a backend learns of it."""
        backend = self.backends[n]
        now_ns = backend.clock()
        facts = Facts(kind="fall")
        subject = f"person:{person}"
        detection = Detection(
            id=detection_id("fall", subject, now_ns), kind="fall", phase="onset", site="hall-7",
            device=device, person=person, zone="press-line", onset_ns=now_ns - ns(2.5),
            decided_ns=now_ns, confidence=0.9, reason="fall", facts=facts,
            assessment=assess(facts, backend.site.severity),
        )  # fmt: skip
        backend.parts.intake.receive(detection, now_ns)
        backend.engine.cycle(backend.clock())

    def steps(self) -> list[tuple[int, float, str]]:
        """Return what is on record of the clock: number, seconds, how it was found."""
        backend = next(iter(self.backends.values()))
        with backend.database.read() as session:
            rows = session.query(ClockStepRow).order_by(ClockStepRow.epoch).all()
            return [(row.epoch, round(seconds(row.by_ns)), row.why) for row in rows]

    def _tell_server(self) -> None:
        if self._server is not None:
            us = (START_NS + self.true_ns + self.server_off_ns) // 1000
            self._server.execute("UPDATE server_clock SET us = %s", (us,))


EARLY_OR_LATE_S = 5


def assert_alike(calls: Sequence[Called], expected: Sequence[Called]) -> None:
    """Check that the same people were called, each within five seconds of when they should be."""
    told, wanted = _by_whom(calls), _by_whom(expected)
    assert [call[:2] for call in told] == [call[:2] for call in wanted]
    off_s = [abs(a[2] - b[2]) for a, b in zip(told, wanted, strict=True)]
    assert max(off_s, default=0) <= EARLY_OR_LATE_S, (told, wanted)


def _by_whom(calls: Sequence[Called]) -> list[tuple[str, str, float]]:
    return sorted((call.person, call.severity, call.at_s) for call in calls)
