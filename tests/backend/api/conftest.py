from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.runtime import BackendProcess
from tests.support.asked_api import AT_NS
from tests.support.pages import Inbox, paging_site


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def backend(tmp_path: Path, inbox: Inbox) -> Iterator[BackendProcess]:
    with BackendProcess(
        paging_site(), state_dir=tmp_path, clock=lambda: AT_NS, engine="manual", channels=[inbox]
    ) as backend:
        yield backend


@pytest.fixture
def api(backend: BackendProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=backend.url) as client:
        yield client
