"""Brings a database to this version's tables. Safe when two processes start at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from backend.database.connection import Database
from backend.database.tables import Base
from backend.errors import DatabaseStateError, DatabaseUnusableError

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(database: Database, to: str = "head") -> None:
    """Run every migration that this database has not seen, in one transaction.

    Parameters
    ----------
    to
        The revision to stop at.

    Raises
    ------
    DatabaseUnusableError
        When it cannot be reached, or a newer Floorwatch has used it.
    """
    try:
        with _rebuilding(database) as connection:
            _upgrade(connection, to)
    except CommandError as error:
        raise DatabaseUnusableError(
            f"{database.name} was used by a newer Floorwatch ({error}); run that one"
        ) from None
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise DatabaseUnusableError(f"{database.name} cannot be used: {why}") from None
    except DatabaseStateError as error:
        raise DatabaseUnusableError(f"{database.name} cannot be used: {error.detail}") from None


def require_current(database: Database) -> None:
    """Look that a database has this version's tables, without changing it.

    Raises
    ------
    DatabaseUnusableError
        When it cannot be reached, or another version of Floorwatch has used it.
    """
    try:
        with database.read() as session:
            seen = MigrationContext.configure(session.connection()).get_current_revision()
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise DatabaseUnusableError(f"{database.name} cannot be used: {why}") from None
    except DatabaseStateError as error:
        raise DatabaseUnusableError(f"{database.name} cannot be used: {error.detail}") from None
    wanted = _scripts().get_current_head()
    if seen != wanted:
        raise DatabaseUnusableError(
            f"{database.name} has the tables of version {seen or 'none'}, and this Floorwatch "
            f"wants {wanted}; start this version's backend on it first"
        )


@contextmanager
def _rebuilding(database: Database) -> Iterator[Connection]:
    """Begin a transaction in which tables may be rebuilt.

    SQLite changes a constraint only by making the table anew, and then must not look at who refers
    to it. It can be told so outside a transaction alone; before the commit every reference is
    checked.
    """
    if database.dialect != "sqlite":
        with database.write(patient=True) as session:
            yield session.connection()
        return
    with database.engine.connect().execution_options(begin="IMMEDIATE") as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None  # a connection that was just opened
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    told = f"{database.name} has rows that belong to nothing: {broken[:3]}"
                    raise DatabaseUnusableError(told)
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def _scripts() -> ScriptDirectory:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(settings)


def _upgrade(connection: Connection, to: str) -> None:
    scripts = _scripts()

    def steps(seen: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(to, seen)

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, target_metadata=Base.metadata)
        environment.run_migrations()
