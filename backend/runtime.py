"""The backend as a whole, in one process: start it, use its address, stop it."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Literal, Self

import structlog
from fastapi import FastAPI

from backend.api.auth import API_TOKEN
from backend.app import create_app
from backend.assembly import Parts, assemble
from backend.clips.retention import Retention
from backend.database.connection import Database
from backend.database.host_clock import HostClock
from backend.database.migrate import migrate
from backend.database.time_base import TimeBase
from backend.database.time_watch import TimeWatch
from backend.door.descriptors import Capacity, raise_limit
from backend.door.origin import OurNames
from backend.door.server import Server
from backend.due.engine import Engine
from backend.errors import BindRefusedError
from backend.paging.catalogue import configured, named
from backend.paging.channel import Channel
from backend.paging.links import link_secret
from backend.people.sign_in import write_sign_in
from backend.policy.leftbehind import left_behind
from contract.instants import Clock
from contract.site import Site

log = structlog.get_logger(__name__)

FILE = "backend.sqlite"
"""The database in the state directory, where no other is named."""
START_S = 10
"""How long the HTTP server may take to listen."""
STOP_S = 6.0
"""How long all that runs may take to end, together. Whatever has not ended is left behind: what it
was doing is in the database, and is done again."""


class BackendProcess:
    """Everything between a detection and a page.

    Parameters
    ----------
    site
        The site file, read and checked.
    database_url
        `sqlite:///PATH` or `postgresql://…`; SQLite in the state directory when None.
    state_dir
        Where the link secret is kept; made when missing.
    host, port
        Where to listen; port 0 takes a free one, and `port` says which after the start.
    clock
        A replay's own time, in place of the database's time base.
    host_clock
        What the time base is reckoned by, in place of this host's clocks.
    engine
        "thread" runs the paging engine every second; with "manual" the caller runs
        `backend.engine.cycle(now_ns)`.
    channels
        In place of the site file's: a replay never pages a real person.
    """

    def __init__(
        self,
        site: Site,
        *,
        state_dir: Path,
        database_url: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        host_clock: HostClock | None = None,
        engine: Literal["thread", "manual"] = "thread",
        channels: Iterable[Channel] | None = None,
    ) -> None:
        self.site = site
        self.host = host
        self.port = port
        self._given_clock = clock
        self._host_clock = host_clock
        self._state_dir = state_dir
        self._database_url = database_url or f"sqlite:///{state_dir / FILE}"
        self._mode = engine
        self._channels = named(configured(site) if channels is None else channels)
        self._thread: Thread | None = None
        self.database: Database
        self.clock: Clock
        self.time_base: TimeBase | None = None
        self._time_watch: TimeWatch | None = None
        self.parts: Parts
        self.app: FastAPI
        self.engine: Engine

    @property
    def url(self) -> str:
        """Where this backend answers, as seen from its own machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether every thread works. If not, the process is of no use and should end."""
        return self._thread is not None and self._thread.is_alive() and self.engine.alive

    def start(self) -> None:
        """Migrate, seed, check the policy, listen, and start paging.

        Raises
        ------
        SiteFileError
            When a step of the escalation would reach nobody.
        BindRefusedError
            When it would listen beyond this machine without FLOORWATCH_API_TOKEN.
        OSError
            When the address is taken.
        """
        token = os.environ.get(API_TOKEN) or None
        if token is None and not _loopback(self.host):
            raise BindRefusedError(
                f"{self.host} can be reached from other machines, and {API_TOKEN} is not set; "
                f"set it, or listen on 127.0.0.1"
            )
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        listener = _listen(self.host, self.port)
        try:
            self.port = listener.getsockname()[1]
            self._assemble(token, listener)
        except BaseException:
            listener.close()
            raise

    def stop(self) -> None:
        """Stop listening, finish the hand-offs under way, close the database. May be repeated.

        It returns within `STOP_S`, whatever hangs.
        """
        if self._thread is None:
            return
        self._server.should_exit = True
        self.parts.readiness.stop()
        self.parts.watchman.stop()
        if self.parts.heartbeat is not None:
            self.parts.heartbeat.stop()
        ends = [self._thread]
        for name, end in (("engine", self.engine.stop), ("retention", self._retention.stop)):
            ends.append(Thread(target=end, name=f"stop-{name}", daemon=True))
            ends[-1].start()
        self._thread = None
        late_s = time.monotonic() + STOP_S - 1
        _join(ends, late_s)
        if self._time_watch is not None:
            self._time_watch.stop()
        close = Thread(target=self.database.close, name="stop-database", daemon=True)
        close.start()
        _join([close], late_s + 1)
        hanging = [each.name for each in (*ends, close) if each.is_alive()]
        if hanging:
            log.critical("backend stopped, and left behind what hangs", hanging=hanging)
        else:
            log.info("backend stopped")

    def sign_in_url(self) -> str:
        """Return a new address that lets browsers in to the console."""
        return self.parts.sessions.new_link()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _assemble(self, token: str | None, listener: socket.socket) -> None:
        self.database = Database(self._database_url)
        try:
            self.clock = self._joined_clock()
            parts = assemble(
                self.site,
                self.database,
                self._channels,
                self.clock,
                base_url=self.site.backend.public_url or self.url,
                secret=link_secret(self._state_dir),
                clip_folder=self._state_dir / "clips",
                token=token,
                noticed=left_behind(self._state_dir / FILE, self.database),
            )
        except BaseException:
            self.database.close()
            raise
        self.parts = parts
        self.engine = parts.engine
        capacity = Capacity.of(raise_limit())
        backend = self.site.backend
        names = OurNames.of(self.host, backend.public_url, backend.hosts)
        app = self.app = create_app(parts, names, capacity.streams)
        write_sign_in(self._state_dir, self.sign_in_url())
        self._server = Server(app, app.state.streams, capacity, parts.metrics)
        self._thread = Thread(target=self._server.run, args=([listener],), name="http", daemon=True)
        self._thread.start()
        deadline_s = time.monotonic() + START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline_s:
                raise OSError(f"the HTTP server at {self.url} did not start")
            time.sleep(0.005)
        self._retention = Retention(parts.clips.store)
        self._retention.start()
        parts.readiness.start()
        if self._mode == "thread":
            if self.time_base is not None:
                self._time_watch = TimeWatch(self.time_base)
                self._time_watch.start()
            self.engine.start()
            self.engine.kick()
            parts.watchman.start()
            if parts.heartbeat is not None:
                parts.heartbeat.start()
        log.info(
            "backend started",
            url=self.url,
            site=self.site.id,
            database=self.database.dialect,
            channels=list(self._channels),
        )
        parts.warnings.log()
        self._say_capacity(capacity)

    def _joined_clock(self) -> Clock:
        """Return the clock that every deadline counts by: the database's, unless one was given."""
        if self._given_clock is not None:
            return self._given_clock
        migrate(self.database)
        self.time_base = TimeBase(self.database, self._host_clock or HostClock.real())
        return self.time_base.now_ns

    def _say_capacity(self, capacity: Capacity) -> None:
        say = log.info if capacity.enough else log.warning
        words = "connections" if capacity.enough else "too few descriptors: raise RLIMIT_NOFILE"
        say(
            words,
            most=capacity.connections,
            each_address=capacity.each_address,
            streams=capacity.streams,
            descriptors=capacity.descriptors,
        )


def _join(threads: Iterable[Thread], until_s: float) -> None:
    for thread in threads:
        thread.join(max(0.0, until_s - time.monotonic()))


def _listen(host: str, port: int) -> socket.socket:
    family, kind, proto, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except BaseException:
        listener.close()
        raise
    return listener


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
