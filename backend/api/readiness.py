"""Whether everything holds that paging stands on: looked at all the time, answered from memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread

import structlog
from sqlalchemy import text

from backend.database.connection import Database
from backend.due.engine import Engine
from contract.instants import Clock, seconds

log = structlog.get_logger(__name__)

EVERY_S = 1.0
PATIENCE_S = 5.0
"""A look that takes longer is an answer of its own: what it looks at hangs."""
STUCK_S = 15
"""A cycle runs every second. So long without one means that nobody is being paged."""
SET_BACK_S = 1
"""A last look that lies further in the future than two clocks differ."""


@dataclass(frozen=True)
class Check:
    """One thing that must hold.

    Parameters
    ----------
    name
        A word or two, for programs.
    holds
        Looks, on a thread of its own, as long as it likes. Returns None when it holds, else a
        sentence. The sentence is read by strangers: it names nobody.
    """

    name: str
    holds: Callable[[], str | None]


@dataclass(frozen=True)
class CheckResult:
    """What a check said last. `problem` is None when it holds."""

    name: str
    problem: str | None


class Readiness:
    """Looks at every check each second, each on its own thread: one that hangs holds up no other.

    Parameters
    ----------
    steady_s
        A clock that nobody sets.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        every_s: float = EVERY_S,
        patience_s: float = PATIENCE_S,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = tuple(checks)
        self._every_s = every_s
        self._patience_s = patience_s
        self._steady_s = steady_s
        self._stopping = Event()
        self._threads: list[Thread] = []
        self._begun_s = steady_s()
        self._said: dict[str, tuple[float, str | None]] = {}

    def start(self) -> None:
        """Begin to look."""
        self._begun_s = self._steady_s()
        for check in self._checks:
            thread = Thread(
                target=self._go_on, args=(check,), name=f"check-{check.name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ask every look to end. One that hangs is left behind."""
        self._stopping.set()

    def look(self) -> None:
        """Look at everything once, here and now."""
        for check in self._checks:
            self._look(check)

    def found(self) -> tuple[CheckResult, ...]:
        """Return what each check said last, without waiting for anything."""
        now_s = self._steady_s()
        return tuple(
            CheckResult(check.name, self._problem(check.name, now_s)) for check in self._checks
        )

    def _problem(self, name: str, now_s: float) -> str | None:
        at_s, problem = self._said.get(name, (self._begun_s, "has not been looked at yet"))
        silent_s = now_s - at_s
        if silent_s > self._patience_s + self._every_s:
            return f"does not answer, for {silent_s:.0f} s"
        return problem

    def _go_on(self, check: Check) -> None:
        while not self._stopping.is_set():
            self._look(check)
            self._stopping.wait(self._every_s)

    def _look(self, check: Check) -> None:
        try:
            problem = check.holds()
        except Exception as error:
            problem = f"cannot be looked at ({type(error).__name__})"
            log.warning("a check failed", check=check.name, error=str(error))
        before = self._said.get(check.name, (0.0, None))[1]
        self._said[check.name] = (self._steady_s(), problem)
        if problem is not None and before is None:
            log.warning("not ready", check=check.name, problem=problem)


def database_answers(database: Database) -> Check:
    """Return the check that the database can be read."""

    def holds() -> str | None:
        with database.read() as session:
            session.execute(text("SELECT 1"))
        return None

    return Check("database", holds)


def engine_looks(engine: Engine, clock: Clock) -> Check:
    """Return the check that the paging engine has looked at everything a moment ago.

    A last look in the future is not a recent one: the clock was set back, and deadlines by it wait.
    """

    def holds() -> str | None:
        if not engine.runs:
            return None
        if engine.last_cycle_ns is None:
            return "has not looked at everything yet"
        age_s = seconds(clock() - engine.last_cycle_ns)
        if age_s < -SET_BACK_S:
            return f"its last look lies {-age_s:.0f} s in the future: the clock was set back"
        if age_s > STUCK_S:
            return f"has not looked at everything for {age_s:.0f} s"
        return None

    return Check("paging engine", holds)
