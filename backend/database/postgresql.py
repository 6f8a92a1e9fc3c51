"""PostgreSQL: every wait has an end, a server that has stopped answering too.

The server's own time-outs end what it can see. A server that is frozen sees nothing, and the
machine under it goes on answering TCP: the end of such a wait is the client's, in `Bounded`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from time import monotonic
from typing import Any

import psycopg
from sqlalchemy import Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.database.lanes import ConnectionPool

CONNECT_S = 3
ANSWER_S = 1.0
"""What a statement's answer may take beyond the server's own time-out for it."""
PATIENT_S = 600.0
"""A migration's statements, and one that moves every deadline, take their time."""
IDLE_IN_TRANSACTION_S = 30
"""A reader may work on what it has read; a process that was killed holds nothing for longer."""
WRITER_IDLE_S = 5
"""A writer holds the turn of others, and computes for some milliseconds."""
LONGEST_TURN_S = 5
"""Who holds the writers' turn for longer, and makes somebody wait, is ended by whoever waited: a
session that somebody has forgotten in a terminal must not stop the paging of a hall."""

ALL_WRITERS = 0x464C_4F4F_5257
"""Names the writers' advisory lock ("FLOORW"): shared by who names keys, else held alone."""
PATIENT_NAME = "floorwatch patient"
"""The application name, for one transaction, of what may hold the turn for long."""

KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8_000,
}
"""A machine that was switched off, or a cut cable, is noticed after about ten seconds."""


PATIENT = text(
    "SELECT set_config('application_name', :name, true), set_config('lock_timeout', :long, true), "
    "set_config('statement_timeout', :long, true), "
    "set_config('idle_in_transaction_session_timeout', :long, true)"
)
READ_ONLY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
END_OVERLONG = text(
    "SELECT pg_terminate_backend(lock.pid) FROM pg_locks AS lock JOIN pg_stat_activity AS session "
    "ON session.pid = lock.pid WHERE lock.locktype = 'advisory' AND lock.granted "
    "AND lock.objsubid = 1 AND lock.pid <> pg_backend_pid() "
    "AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND ((lock.classid::bigint << 32) | lock.objid::bigint) = ANY(:keys) "
    "AND session.application_name <> :patient "
    "AND session.xact_start < clock_timestamp() - make_interval(secs => :longest_s)"
)


class Bounded(psycopg.Connection[Any]):
    """A connection on which nothing waits for longer than `longest_s`, whatever the server does."""

    longest_s = PATIENT_S

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server as psycopg does, and hang up when it has not answered in time."""
        longest_s = self.longest_s if timeout is None else min(timeout, self.longest_s)
        began_s = monotonic()
        try:
            return super().wait(gen, interval=interval, timeout=longest_s)
        except psycopg.OperationalError as error:
            if error.sqlstate is None and monotonic() - began_s >= longest_s:
                # What it would still say belongs to nobody: the connection is of no more use.
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no answer within {longest_s:g} s") from error
            raise


def connect(url: URL, lane: ConnectionPool) -> Engine:
    """Return an engine on which every wait has an end.

    Nothing is asked of a connection before it is used: the first statement of a transaction, which
    takes the lock or the snapshot, finds out whether the server has hung up meanwhile.
    """
    statement_s = lane.statement_s
    settings = {
        "lock_timeout": lane.lock_s,
        "statement_timeout": statement_s,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_S,
    }
    options = " ".join(f"-c {name}={value * 1000:.0f}" for name, value in settings.items())
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": CONNECT_S,
            "application_name": f"floorwatch {lane.title}",
            "options": options,
            **KEEPALIVE,
        },
        pool_size=lane.connections,
        max_overflow=lane.overflow,
        pool_timeout=lane.pool_s,
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, args: Any, params: Any) -> Bounded:
        connection = Bounded.connect(*args, **params)
        connection.longest_s = statement_s + ANSWER_S
        return connection

    @event.listens_for(engine, "checkin")
    def _impatient_again(connection: Bounded | None, _record: object) -> None:
        if connection is not None:
            connection.longest_s = statement_s + ANSWER_S

    return engine


def key_of(name: str) -> int:
    """Return the advisory lock that a name stands for: 64 bits of its hash, as PostgreSQL signs.

    Two names with one lock would only take turns that they need not.
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def take_turn(session: Session, keys: Iterable[str]) -> None:
    """Take the writers' locks for this transaction.

    Everybody takes the one lock first, and the others in one order, so nobody waits in a circle.
    """
    names = sorted({key_of(key) for key in keys})
    values = {f"key{n}": name for n, name in enumerate(names)}
    session.execute(_turn_of(len(names)), {"all": ALL_WRITERS, **values})


@cache
def _turn_of(keys: int) -> TextClause:
    """Return one statement, and so one round trip, for the time-out of a writer and its locks."""
    idle = f"set_config('idle_in_transaction_session_timeout', '{WRITER_IDLE_S}s', true)"
    shared = "_shared" if keys else ""
    locks = [f"pg_advisory_xact_lock{shared}(:all)"]
    locks += [f"pg_advisory_xact_lock(:key{n})" for n in range(keys)]
    return text("SELECT " + ", ".join((idle, *locks)))


def be_patient(session: Session) -> None:
    """Let this transaction take its time: it waits long, may hold the turn, and is not ended."""
    session.execute(PATIENT, {"name": PATIENT_NAME, "long": f"{PATIENT_S:.0f}s"})
    bounded(session).longest_s = PATIENT_S + ANSWER_S


def bounded(session: Session) -> Bounded:
    """Return the driver's connection under a session."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, Bounded)
    return connection


def end_overlong(engine: Engine, keys: Iterable[str]) -> bool:
    """End the sessions that have held one of these locks for too long; say whether there were any.

    PostgreSQL lets a role end its own sessions. Another role's it does not, and then they stay.
    """
    locks = [ALL_WRITERS, *map(key_of, keys)]
    values = {"keys": locks, "longest_s": LONGEST_TURN_S, "patient": PATIENT_NAME}
    try:
        with engine.begin() as connection:
            return bool(connection.execute(END_OVERLONG, values).all())
    except DBAPIError:
        return False
