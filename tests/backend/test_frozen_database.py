"""A PostgreSQL that is frozen: it takes calls and answers none. It hung the health check once."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.backend.console.served_console import wait_until
from tests.backend.test_process import backend, started
from tests.support.pages import SITE
from tests.support.postgres import NoPostgresError, Postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def server() -> Iterator[Postgres]:
    """One of this test's own: the others are not to freeze with it."""
    try:
        found = Postgres()
    except NoPostgresError as reason:
        pytest.skip(str(reason))
    yield found
    found.stop()


def processes(server: Postgres) -> list[int]:
    """Return the server's process and those of its connections."""
    assert server._server is not None
    first = server._server.pid
    found = [first]
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(each.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == first:
            found.append(int(each.parent.name))
    return found


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    them = processes(server)
    for pid in them:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in them:
            os.kill(pid, signal.SIGCONT)


def test_it_lives_is_not_ready_and_can_be_stopped(tmp_path: Path, server: Postgres) -> None:
    options = ("--port", "0", "--database", server.database())
    with backend(SITE, tmp_path, *options) as process:
        url = started(process)
        with httpx.Client(base_url=url, timeout=20) as client:
            wait_until(lambda: client.get("/readyz").status_code == 200, 20)
            with frozen(server):
                wait_until(lambda: client.get("/readyz").status_code == 503, 20)
                assert (
                    "database: does not answer"
                    in client.get("/readyz", headers={"Accept": "text/plain"}).text
                )
                took_s = []
                for _ in range(20):
                    began_s = time.monotonic()
                    assert client.get("/healthz").status_code == 200
                    took_s.append(time.monotonic() - began_s)
                assert statistics.median(took_s) < 0.1
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=10)
