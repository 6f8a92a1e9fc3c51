from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backend.conftest import database_url as database_url
from tests.backend.conftest import postgres as postgres
from tests.support.duty import Duty, duty


@pytest.fixture
def hall(tmp_path: Path, database_url: str) -> Iterator[Duty]:
    """A backend on each database, its webhook and its clock."""
    with duty(tmp_path, database_url) as hall:
        yield hall
