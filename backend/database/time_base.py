"""One time base a database: what every deadline in it counts by, whoever wrote it.

It is PostgreSQL's own clock, or the clock of SQLite's one host. Each process keeps only how far its
host's own clock, which nobody can set, is from it. So a clock that is set moves no deadline by
itself; once it is seen, all deadlines move by the step, once, whoever else has seen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from enum import StrEnum
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.deadlines import move_deadlines
from backend.database.host_clock import HostClock
from backend.database.reckoning import STEP_NS, ClockStep, Reckoning, Sight, tolerance_ns
from backend.database.tables import Base, ClockStepRow, TimeBaseRow
from backend.errors import ClockMovedError
from contract.instants import NS_PER_MS, ns, seconds

log = structlog.get_logger(__name__)

ASK_NS = ns(2)
"""How often PostgreSQL is asked for its clock. Nothing is early or late by that: until a step is
seen, the reckoning goes on as before it."""
SAVE_NS = ns(5)
"""How often what was seen is saved, for a process that comes after this one."""
LONGEST_ASKING_NS = ns(1)
"""A clock's answer that took longer says too little about when it was given."""
NS_PER_US = NS_PER_MS // 1000
KEPT_NS = ns(30 * 86_400)
"""A start of a host that nobody has heard of for so long is forgotten."""

NEWER = "SELECT epoch, by_ns FROM clock_step WHERE epoch > {} ORDER BY epoch"
SERVER_CLOCK = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)")

_read: ContextVar[tuple[TimeBase, int] | None] = ContextVar("last reading", default=None)
"""The epoch in which this thread, or the request that it works for, has last read the clock."""


class Why(StrEnum):
    """How a step of the clock was found."""

    STEPPED = "stepped"
    """The clock was set while the host went on."""
    REBOOT = "reboot"
    """After a start of the host the clock is behind what it was before."""


class TimeBase:
    """The database's now, for one process.

    Safe for threads. A writing transaction whose caller has read the clock before a step, and
    writes after it, is refused with `ClockMovedError`: no deadline is ever in the wrong epoch.
    """

    def __init__(self, database: Database, host: HostClock) -> None:
        """Find out what the clock did while no process of this host looked, and move deadlines."""
        self._database = database.paging
        self._host = host
        self._asks = database.dialect == "postgresql"
        self._newer = NEWER.format("%s" if self._asks else "?")
        self._line_lock = Lock()
        self._looking = Lock()
        self._bias_ns = 0
        self._saved_ns = host.boottime_ns()
        self._line, self._last = self._join()
        database.before_writing.append(self._check)

    @property
    def epoch(self) -> int:
        """Counts steps. Whoever keeps a deadline in memory reads it anew when this has changed."""
        return self._line.epoch

    def now_ns(self) -> int:
        """Return what the database's clock says, without asking it: UTC nanoseconds."""
        line = self._line
        _read.set((self, line.epoch))
        return line.at(self._host.boottime_ns())

    def look(self) -> None:
        """See whether the clock was set, and if so move every deadline, once. Cheap; each second.

        Raises
        ------
        DatabaseStateError
            When the database cannot be asked. The reckoning goes on.
        """
        mark = _read.set(None)
        try:
            with self._looking:
                self._look()
        finally:
            _read.reset(mark)

    def _look(self) -> None:
        boottime_ns = self._host.boottime_ns()
        saving = boottime_ns - self._saved_ns >= SAVE_NS
        if self._asks:
            if boottime_ns - self._last.boottime_ns < ASK_NS:
                return
        elif not saving and self._steer(self._line, self._own_clock()):
            return
        with self._database.read() as session:
            # In this order: who is told of a step then looks at a clock that has made it.
            self._follow(session)
            line = self._line
            sight = self._sight(session)
        if sight.doubt_ns > LONGEST_ASKING_NS:
            return
        settled = self._steer(line, sight) or self._jump(line, sight)
        if settled and saving:
            with self._database.write(f"time-base:{self._host.boot_id}") as session:
                self._save(session, self._line)

    def _steer(self, line: Reckoning, sight: Sight) -> bool:
        """Bend the line to a clock that goes its way; False for one that was set."""
        here = sight.less(self._bias_ns)
        return abs(line.off_ns(here)) <= STEP_NS and self._swap(line, line.steered(here), sight)

    def _jump(self, line: Reckoning, sight: Sight) -> bool:
        """Do what a clock that is far off asks for; False when somebody was faster."""
        off_ns = line.off_ns(sight.less(self._bias_ns))
        if abs(sight.apart_ns - self._last.apart_ns) <= STEP_NS // 2:
            # It was set by another's account and not by ours. PostgreSQL has one clock, and this is
            # what it says. Of SQLite's host two processes ought not to differ; if they do, each
            # goes on by its own difference, and neither moves what the other has moved.
            if self._asks:
                return self._swap(line, Reckoning(line.epoch, sight), sight)
            self._bias_ns += off_ns
            self._last = sight
            return True
        with self._database.write(patient=True) as session:
            if self._line is not line:
                return False
            if denied := self._denied(session, line, off_ns):
                log.warning("this host stood still; the database's clock went on", by_s=off_ns)
            else:
                self._step(session, line.epoch + 1, sight, off_ns, Why.STEPPED)
        if denied:
            return self._swap(line, Reckoning(line.epoch, sight), sight)
        self._take([ClockStep(line.epoch + 1, off_ns)])
        self._last = sight
        return True

    def _swap(self, old: Reckoning, new: Reckoning, sight: Sight) -> bool:
        """Take a new line for an old one, unless another thread has followed a step meanwhile."""
        with self._line_lock:
            if self._line is not old:
                return False
            self._line, self._last = new, sight
            return True

    def _take(self, steps: Iterable[ClockStep]) -> None:
        with self._line_lock:
            self._line = self._line.after(steps)

    def _follow(self, session: Session) -> None:
        steps = self._steps(session, self._line.epoch)
        if steps:
            self._take(steps)

    def _steps(self, session: Session, after_epoch: int) -> Sequence[ClockStep]:
        # Asked of the driver: every writing transaction begins with it, and 40 µs are a third of
        # what an empty one costs.
        driver: Any = session.connection().connection.driver_connection
        found = driver.execute(self._newer, (after_epoch,)).fetchall()
        return [ClockStep(*row) for row in found]

    def _check(self, session: Session) -> None:
        """Follow the steps of others before anything is written, by who knows of them too."""
        self._follow(session)
        read = _read.get()
        if read is not None and read[0] is self and read[1] != self._line.epoch:
            raise ClockMovedError("the database's clock has just been set; try again")

    def _join(self) -> tuple[Reckoning, Sight]:
        with self._database.write(patient=True) as session:
            steps = self._steps(session, 0)
            saved = {
                row.boot_id: Reckoning(row.epoch, Sight(row.boottime_ns, row.base_ns)).after(steps)
                for row in session.scalars(select(TimeBaseRow))
            }
            sight = self._sight(session)
            epoch = steps[-1].epoch if steps else 0
            off_ns, why = self._missed(session, saved, sight)
            if off_ns:
                epoch += 1
                self._step(session, epoch, sight, off_ns, why)
            line = Reckoning(epoch, sight)
            self._save(session, line)
            session.execute(
                delete(TimeBaseRow).where(TimeBaseRow.base_ns < sight.base_ns - KEPT_NS)
            )
        return line, sight

    def _missed(
        self, session: Session, saved: Mapping[str, Reckoning], sight: Sight
    ) -> tuple[int, Why]:
        """Return by how much the clock was set while no process of this host looked.

        Of a start of the host that nobody has seen, nothing tells how long it was off. A deadline
        is then due by whichever reading is earlier: the clock as it stands, or as though no time
        had passed since it was last seen. They differ when the clock stands behind that.
        """
        mine = saved.get(self._host.boot_id)
        if mine is not None and mine.sight.boottime_ns <= sight.boottime_ns:
            off_ns = mine.off_ns(sight)
            unseen_ns = sight.boottime_ns - mine.sight.boottime_ns
            set_meanwhile = abs(off_ns) > tolerance_ns(unseen_ns)
            if set_meanwhile and not self._denied(session, mine, off_ns):
                return off_ns, Why.STEPPED
            return 0, Why.STEPPED
        last_ns = max((line.sight.base_ns for line in saved.values()), default=sight.base_ns)
        behind_ns = sight.base_ns - last_ns
        return (behind_ns if behind_ns < -STEP_NS else 0), Why.REBOOT

    def _denied(self, session: Session, line: Reckoning, off_ns: int) -> bool:
        """Whether another host has seen the clock after the alleged step, and no step in it.

        Then it is this host that stood still, as a virtual machine does that is put aside.
        """
        from_ns = line.sight.base_ns + max(STEP_NS, off_ns // 2)
        others = select(TimeBaseRow.boot_id).where(
            TimeBaseRow.boot_id != self._host.boot_id,
            TimeBaseRow.epoch == line.epoch,
            TimeBaseRow.base_ns > from_ns,
        )
        return self._asks and off_ns > 0 and session.scalars(others).first() is not None

    def _step(self, session: Session, epoch: int, sight: Sight, by_ns: int, why: Why) -> None:
        session.add(
            ClockStepRow(
                epoch=epoch,
                at_ns=sight.base_ns - self._bias_ns,
                by_ns=by_ns,
                why=why.value,
                seen_by=self._host.boot_id,
            )
        )
        session.flush()  # of two who have seen the same step, the number refuses one
        rows = move_deadlines(session, Base.metadata, by_ns)
        log.warning(
            "the database's clock was set; every deadline moves with it",
            by_s=seconds(by_ns), epoch=epoch, why=why.value, rows=rows,
        )  # fmt: skip

    def _save(self, session: Session, line: Reckoning) -> None:
        boottime_ns = self._host.boottime_ns()
        session.merge(
            TimeBaseRow(
                boot_id=self._host.boot_id,
                epoch=line.epoch,
                boottime_ns=boottime_ns,
                base_ns=line.at(boottime_ns),
            )
        )
        self._saved_ns = boottime_ns

    def _sight(self, session: Session) -> Sight:
        if not self._asks:
            return self._own_clock()
        before_ns = self._host.boottime_ns()
        base_us = session.execute(SERVER_CLOCK).scalar_one()
        return Sight.between(before_ns, self._host.boottime_ns(), base_us * NS_PER_US)

    def _own_clock(self) -> Sight:
        before_ns = self._host.boottime_ns()
        wall_ns = self._host.wall_ns()
        return Sight.between(before_ns, self._host.boottime_ns(), wall_ns)
