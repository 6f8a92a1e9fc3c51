from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.database.connection import Database
from backend.database.migrate import migrate
from tests.support.pages import Pager
from tests.support.postgres import NoPostgresError, Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    try:
        server = Postgres()
    except NoPostgresError as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each sort."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'backend.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'backend.sqlite'}"


@pytest.fixture(scope="session")
def laid_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with this version's tables and nothing in them: to lay them takes 0.1 s."""
    path = tmp_path_factory.mktemp("laid-down") / "backend.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def pager(database_url: str, laid_down: Path) -> Iterator[Pager]:
    """A backend on each database. It fails on every page that the test did not expect."""
    if database_url.startswith("sqlite:///"):
        shutil.copy(laid_down, database_url.removeprefix("sqlite:///"))
    pager = Pager(database_url)
    yield pager
    pager.close()
