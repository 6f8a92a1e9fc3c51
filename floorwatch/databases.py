"""Finds the backend's database from what somebody at a terminal calls it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from backend.database.connection import Database
from backend.database.migrate import require_current
from backend.errors import BackendError
from floorwatch.errors import CommandError, UsageError
from floorwatch.sites import read_site

VARIABLE = "FLOORWATCH_DATABASE_URL"
DatabaseName = Annotated[
    str | None,
    typer.Option(
        help=f"A URL, a SQLite file, the state folder or the site file; {VARIABLE} if unset."
    ),
]
FILES = ("backend/floorwatch.db", "backend/backend.sqlite", "floorwatch.db", "backend.sqlite")
"""Where `floorwatch up`, the demo and `python -m backend` keep theirs, from the state folder."""


def url_of(given: str | None) -> str:
    """Return the URL of a database that was given as a URL, a file, a state folder or a site file.

    Raises
    ------
    UsageError
        When there is no such database. None is ever made.
    """
    given = given or os.environ.get(VARIABLE)
    if not given:
        raise UsageError(
            f"say which database: --database with a URL, a SQLite file, the state folder or the "
            f"site file, or set {VARIABLE}"
        )
    if "://" in given:
        file = given.removeprefix("sqlite:///")
        if file != given and not Path(file).is_file():
            raise UsageError(f"--database: there is no file {file}")
        return given
    path = Path(given)
    if path.suffix == ".toml":
        path = Path("var") / read_site(path).id
    candidates = [path, *(path / name for name in FILES)]
    found = next((each for each in candidates if each.is_file()), None)
    if found is None:
        looked = f"; looked for {', '.join(FILES)} in it" if path.is_dir() else ""
        raise UsageError(f"--database {given}: no database is at {path}{looked}")
    return f"sqlite:///{found.resolve()}"


@contextmanager
def opened(given: str | None) -> Iterator[Database]:
    """Open a database that this version's backend has used; a backend may run on it meanwhile."""
    try:
        database = Database(url_of(given))
        try:
            require_current(database)
            yield database
        finally:
            database.close()
    except BackendError as error:
        raise CommandError(f"{error}{f'; {error.hint}' if error.hint else ''}") from None
