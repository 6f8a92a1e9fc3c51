"""Opens a database: what is committed is on the disk, and writers of one thing take turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import structlog
from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from backend.database import postgresql, sqlite
from backend.database.announcement import announced_by
from backend.database.faults import TypedFaults, typed_fault
from backend.database.lanes import ConnectionPool
from backend.database.probe import Probe, Prober
from backend.database.room import DiskRoom
from backend.database.turn import Turn
from backend.errors import DatabaseBusyError, DatabaseUnusableError

log = structlog.get_logger(__name__)

WANTED = "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
QUICK_S = 1.0
"""A connection that turns out to be dead at once is replaced. One that took long to die is an
error: whoever waited has no more time to spend."""


class Database:
    """Transactions on one database. Safe for threads and for several processes at once.

    Writers of the same thing take turns: what a writer has read of it still holds when it commits.
    On PostgreSQL a writer names what it writes about, and writers of other things go on beside it;
    who names nothing is alone. SQLite has one writer at a time whatever is named.

    No wait is without end, and what ends it is a type: `DatabaseBusyError`, `DatabaseFullError` and
    `DatabaseAwayError` leave every method here in the place of the driver's own.
    """

    def __init__(self, url: str) -> None:
        self._open(_with_driver(url), ConnectionPool.OPEN)
        longest_s = float(sqlite.BUSY_S)
        self._turn = Turn(longest_s) if self.dialect == "sqlite" else None
        self._room = DiskRoom()
        self.before_writing: list[Callable[[Session], None]] = []
        """Asked at the beginning of every writing transaction; what it raises ends it."""
        self.after_writing: dict[str, list[Callable[[], None]]] = {}
        """Told after the commit of what `announce` named: "a page may be due", say."""
        self.paging = _Reserve(self)
        """The same database over connections that no reader of the API or console can take."""

    def _open(self, url: URL, lane: ConnectionPool) -> None:
        self.url = url
        self.lane = lane
        connect = sqlite.connect if url.get_backend_name() == "sqlite" else postgresql.connect
        self.engine: Engine = connect(url, lane)
        self._writing = self.engine.execution_options(begin="IMMEDIATE")
        self.dialect = self.engine.dialect.name
        self._faults = TypedFaults(url)
        self._prober = Prober(self._ask)

    @contextmanager
    def write(self, *keys: str, patient: bool = False) -> Iterator[Session]:
        """Begin a transaction that writes; commit at the end, or roll everything back.

        Parameters
        ----------
        keys
            Names of all that this transaction reads in order to write, made by
            `backend.database.keys`, which says in which order. Writers with a name in common never
            overlap. Without a name it is alone.
        patient
            For what takes long and must not be given up, as a migration.

        Raises
        ------
        DatabaseStateError
            Busy, full or away. Nothing was written, unless it went away in the commit itself.
        ClockMovedError
            The caller read the clock before the clock was set, and must read it again.
        """
        turn = nullcontext() if self._turn is None else self._turn.taken()
        with (
            self._room,
            self._faults,
            turn,
            Session(self._writing, expire_on_commit=False) as session,
        ):
            if self.dialect == "postgresql":
                self._take_turn(session, keys, patient)
            else:
                session.connection()
            for check in self.before_writing:
                check(session)
            yield session
            session.commit()
            announced = announced_by(session)
        for what in announced:
            for hear in self.after_writing.get(what, ()):
                hear()

    @property
    def is_full(self) -> bool:
        """Whether the newest writer that came to an end found no room."""
        return self._room.is_full

    def take(self, session: Session, *keys: str) -> None:
        """Name more, in a transaction that has named something: wait until nobody else has it.

        Call it once, with all that is needed, before any row of it is read: what is read after it
        is what the last one who had the name has committed.

        Raises
        ------
        DatabaseBusyError
            When somebody keeps it for longer than anybody waits. Nothing is written then.
        """
        if keys and self.dialect == "postgresql":
            postgresql.take_turn(session, keys)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Begin a transaction that sees one state of everything and changes nothing.

        Raises
        ------
        DatabaseStateError
            Busy or away.
        """
        with self._faults, Session(self.engine) as session:
            if self.dialect == "postgresql":
                self._begin(session, lambda: session.execute(postgresql.READ_ONLY))
            else:
                session.connection()
            yield session

    def probe(self, within_s: float) -> Probe:
        """Ask whether it answers, and wait no longer than `within_s` for that, whatever happens."""
        return self._prober.probe(within_s)

    @property
    def name(self) -> str:
        """Its address, without the password."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self.paging is not self:
            self.paging.close()

    def _take_turn(self, session: Session, keys: tuple[str, ...], patient: bool) -> None:
        def first() -> None:
            if patient:
                postgresql.be_patient(session)
            postgresql.take_turn(session, keys)

        try:
            self._begin(session, first)
        except DBAPIError as error:
            busy = isinstance(typed_fault(error, self.url), DatabaseBusyError)
            session.rollback()
            if not busy or not postgresql.end_overlong(self.engine, keys):
                raise
            log.warning("ended a session that held the writers' turn for too long", keys=keys)
            first()

    def _begin(self, session: Session, first: Callable[[], object]) -> None:
        """Do the first statement; where its connection had been hung up on, do it on a new one."""
        began_s = time.monotonic()
        try:
            first()
        except DBAPIError as error:
            if not error.connection_invalidated or time.monotonic() - began_s > QUICK_S:
                raise
            session.rollback()
            first()

    def _ask(self) -> None:
        with self.read() as session:
            session.connection().exec_driver_sql("SELECT 1")


class _Reserve(Database):
    """The same database over a pool of its own. Turns and checks are those of the database."""

    def __init__(self, of: Database) -> None:
        self._open(of.url, ConnectionPool.PAGING)
        self._turn = of._turn
        self._room = of._room
        self.before_writing = of.before_writing
        self.after_writing = of.after_writing
        self.paging = self


def _with_driver(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusableError(f"the database's address cannot be read; {WANTED}") from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite")
        case "postgres" | "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise DatabaseUnusableError(f'"{other}" is not a database of ours; {WANTED}')
