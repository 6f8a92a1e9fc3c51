"""Watches Floorwatch itself: what stops reporting, fails, is late or full is an incident.

On a thread of its own, so that it can say that the engine is late. What it finds is folded to one
incident a cause, and ends by proof; incidents about people never do.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import GatewayRow, IncidentRow, PageRow, WhereaboutsRow
from backend.due import troubles
from backend.due.emergency import Emergency
from backend.due.engine import Engine
from backend.due.troubles import SelfCheck
from backend.due.uncalled import Uncalled, uncalled
from backend.errors import BackendError, DatabaseFullError
from backend.incidents import system
from backend.incidents.lifecycle import Life
from backend.metrics import BackendMetrics
from backend.paging.channel import Channel
from backend.paging.channel_health import read_health
from backend.paging.ladder import Ladders
from backend.paging.page import ABOUT_US
from backend.paging.page_life import PageStatus
from contract.instants import Clock, ns
from contract.report import Report
from contract.site import Site

log = structlog.get_logger(__name__)

EVERY_S = 2.0
UNTRIED_S = 5
"""A page that is due and was not tried for so long is an audit's finding."""
STOP_S = 2.0
MOST_NAMED = 10


class Watchman:
    """Looks every two seconds. `look` may be called by anybody."""

    def __init__(
        self,
        site: Site,
        database: Database,
        ladders: Ladders,
        engine: Engine,
        channels: Mapping[str, Channel],
        emergency: Emergency,
        reports: Callable[[], Mapping[str, Report]],
        metrics: BackendMetrics,
        clock: Clock,
    ) -> None:
        self._site = site
        self._database = database
        self._ladders = ladders
        self._engine = engine
        self._channels = channels
        self._emergency = emergency
        self._reports = reports
        self._metrics = metrics
        self._clock = clock
        self._started_ns = clock()
        self._before: dict[str, Report] = {}
        self._heard_stranger_ns: dict[str, int] = {}
        self._uncalled: tuple[Uncalled, ...] = ()
        self._untried = 0
        self._lines: tuple[str, ...] = ()
        self._grave: tuple[str, ...] = ()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="watchman", daemon=True)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is wrong at this moment, for every screen: sentences that name nobody."""
        return self._lines

    @property
    def alive(self) -> bool:
        """Whether it has not ended, where it was started."""
        return self._thread.ident is None or self._thread.is_alive()

    def start(self) -> None:
        """Look on a thread of its own until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End it; wait a little, whatever hangs."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_S)

    def audit(self) -> tuple[str, ...]:
        """Return a sentence for each thing that paging hangs on and is wrong. Looks anew."""
        self.look(self._clock())
        return self._grave

    def nobody_is_forgotten(self) -> str | None:
        """Return how many open incidents nobody will be called about; None if that is none."""
        count = len(self._uncalled)
        return f"{count} open, and nobody will be called about them" if count else None

    def all_is_well(self) -> str | None:
        """Return what is wrong that paging hangs on, in one sentence; None when nothing is."""
        return ". ".join(self._grave) or None

    def look(self, now_ns: int) -> None:
        """Look at everything once, and write down what has changed."""
        full = self._database.is_full
        if full:
            self._emergency.look()
        try:
            with self._database.read() as session:
                self._uncalled = uncalled(session, self._ladders, now_ns)
                self._untried = _untried(session, now_ns)
                watched = [*self._watch(session, now_ns, full=full)]
                standing = _standing(session, self._site)
        except BackendError as error:
            log.error("the watchman cannot look", reason=str(error))
            self._lines = (f"The database does not answer: {type(error).__name__}",)
            self._grave = self._lines
            return
        self._metrics.uncalled.set(len(self._uncalled))
        self._grave = tuple(self._say([each for each in watched if each.grave]))
        self._lines = (
            *self._grave,
            *(each.line for each in watched if not each.grave and each.line),
        )
        changes = [
            each
            for each in watched
            if each.problem is not None or (each.proof and (each.kind, each.cause) in standing)
        ]
        if changes:
            self._write(changes, now_ns)

    def _watch(self, session: Session, now_ns: int, *, full: bool) -> list[SelfCheck]:
        hung = self._engine.hung
        found = [
            troubles.channel(health)
            for health in read_health(session, self._channels, hung).values()
        ]
        if self._engine.runs:
            found.append(troubles.engine(self._engine.last_cycle_ns, self._started_ns, now_ns))
        found.append(troubles.room(_free_bytes(self._database), full=full))
        people = _last_seen(session, self._site)
        for row in session.scalars(select(GatewayRow).order_by(GatewayRow.id)):
            # While this backend was away nobody could report to it.
            since_ns = max(row.received_ns, self._started_ns)
            found.append(troubles.gateway(row.id, since_ns, now_ns, people))
        for name, report in self._reports().items():
            before = self._before.get(name)
            fresh = before is None or before.boot != report.boot
            refused: Mapping[str, int] = {} if fresh or before is None else before.refused
            told: Mapping[str, int] = {} if fresh or before is None else before.troubles
            quiet_ns = now_ns - self._heard_stranger_ns.get(name, 0)
            stranger = troubles.strangers(name, report.refused, refused, quiet_ns)
            if stranger.problem is not None:
                self._heard_stranger_ns[name] = now_ns
            found += [stranger, troubles.unread(name, report.troubles, told)]
            self._before[name] = report
        return found

    def _say(self, watched: Sequence[SelfCheck]) -> list[str]:
        lines = [each.line for each in watched if each.line]
        if self._uncalled:
            lines.append(f"{len(self._uncalled)} open, and nobody will be called about them")
        if self._untried:
            lines.append(f"{self._untried} pages have waited for more than {UNTRIED_S} s untried")
        return lines

    def _write(self, changes: Sequence[SelfCheck], now_ns: int) -> None:
        for each in changes:
            try:
                with self._database.write() as session:
                    self._one(session, each, now_ns)
            except DatabaseFullError:
                log.error("no room to write down what is wrong", cause=each.cause)
                continue
            except BackendError as error:
                log.warning("the watchman cannot write", cause=each.cause, reason=str(error))
                continue

    def _one(self, session: Session, each: SelfCheck, now_ns: int) -> None:
        about = (session, self._site, self._ladders, each.kind, each.cause)
        if each.problem is not None:
            system.report(*about, each.problem, now_ns)
        else:
            system.end_by_proof(*about, each.proof or "", now_ns)

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look(self._clock())
            except Exception:
                # Whoever watches must not be the first to fall.
                self._metrics.cycle_failures.labels("watchman").inc()
                log.exception("the watchman failed")


def _standing(session: Session, site: Site) -> set[tuple[str, str]]:
    rows = session.execute(
        select(IncidentRow.kind, IncidentRow.subject).where(
            IncidentRow.site == site.id,
            IncidentRow.status != Life.RESOLVED,
            IncidentRow.subject.startswith(ABOUT_US),
        )
    )
    return {(row.kind, row.subject.removeprefix(ABOUT_US)) for row in rows}


def _untried(session: Session, now_ns: int) -> int:
    wanted = select(func.count()).where(
        PageRow.status == PageStatus.DUE,
        PageRow.attempts == 0,
        PageRow.due_ns <= now_ns - ns(UNTRIED_S),
    )
    return session.scalar(wanted) or 0


def _last_seen(session: Session, site: Site) -> list[str]:
    rows = session.scalars(
        select(WhereaboutsRow).order_by(WhereaboutsRow.heard_ns.desc()).limit(MOST_NAMED)
    )
    return [
        site.wearers[row.person].name if row.person in site.wearers else row.person for row in rows
    ]


def _free_bytes(database: Database) -> int | None:
    """Return the room on the disk of a database that is a file here; None of any other."""
    if database.dialect != "sqlite" or not database.url.database:
        return None
    try:
        return shutil.disk_usage(Path(database.url.database).parent).free
    except OSError:
        return None
