"""`/healthz` and `/readyz`: from memory, whatever hangs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest

from backend.api.readiness import Check, Readiness, engine_looks
from backend.runtime import BackendProcess
from contract.instants import ns
from tests.backend.console.served_console import wait_until
from tests.support.pages import START_NS, Inbox, paging_site


class Time:
    """A clock that the test winds on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Looked:
    """An engine that has looked so many seconds ago."""

    runs, alive = True, True

    def __init__(self, ago_s: float | None) -> None:
        self.last_cycle_ns = None if ago_s is None else START_NS - ns(ago_s)


@pytest.mark.parametrize(
    ("ago_s", "problem"),
    [
        pytest.param(0.5, None, id="a moment ago"),
        pytest.param(15, None, id="just in time"),
        pytest.param(-0.5, None, id="two clocks differ a little"),
        pytest.param(16, "has not looked at everything for 16 s", id="late"),
        pytest.param(
            -3600,
            "its last look lies 3600 s in the future: the clock was set back",
            id="the clock was set back an hour",
        ),
        pytest.param(None, "has not looked at everything yet", id="never"),
    ],
)
def test_how_long_ago_the_engine_looked(ago_s: float | None, problem: str | None) -> None:
    check = engine_looks(Looked(ago_s), lambda: START_NS)  # type: ignore[arg-type]
    assert check.holds() == problem


def failing() -> str | None:
    raise ZeroDivisionError


def test_what_each_check_said_last_is_told() -> None:
    now = Time()
    checks = (
        Check("well", lambda: None),
        Check("ill", lambda: "is ill"),
        Check("broken", failing),
    )
    readiness = Readiness(checks, steady_s=now)
    assert {each.problem for each in readiness.found()} == {"has not been looked at yet"}
    readiness.look()
    problems = {each.name: each.problem for each in readiness.found()}
    assert problems == {
        "well": None,
        "ill": "is ill",
        "broken": "cannot be looked at (ZeroDivisionError)",
    }
    now.now_s += 7
    assert {each.problem for each in readiness.found()} == {"does not answer, for 7 s"}


@pytest.fixture
def held() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def test_a_check_that_hangs_holds_up_no_other_and_no_answer(held: Event) -> None:
    now = Time()
    looks = iter(range(10**9))
    last = [0]

    def counting() -> str | None:
        last[0] = next(looks)
        return None

    def hanging() -> str | None:
        held.wait()
        return None

    readiness = Readiness(
        (Check("hangs", hanging), Check("well", counting)), every_s=0.001, steady_s=now
    )
    readiness.start()
    now.now_s += 6
    seen = last[0]
    wait_until(lambda: last[0] > seen + 1)
    assert [each.problem for each in readiness.found()] == ["does not answer, for 6 s", None]
    held.set()
    wait_until(lambda: all(each.problem is None for each in readiness.found()))
    readiness.stop()


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[BackendProcess]:
    with BackendProcess(paging_site(), state_dir=tmp_path, channels=[Inbox()]) as backend:
        yield backend


def test_a_backend_becomes_ready_and_says_of_what(backend: BackendProcess) -> None:
    url = f"{backend.url}/readyz"
    wait_until(lambda: httpx.get(url).status_code == 200)
    told = httpx.get(url).json()
    assert told == {
        "status": "ready",
        "checks": [
            {"name": "database", "holds": True, "problem": None},
            {"name": "paging engine", "holds": True, "problem": None},
            {"name": "somebody-is-called", "holds": True, "problem": None},
            {"name": "watchman", "holds": True, "problem": None},
        ],
    }
    text = httpx.get(url, headers={"Accept": "text/plain"}).text
    assert text == "ok    database\nok    paging engine\nok    somebody-is-called\nok    watchman\n"


def test_with_a_database_that_hangs_it_lives_and_is_not_ready(backend: BackendProcess) -> None:
    """As with a frozen PostgreSQL, which hung the health check too."""
    wait_until(lambda: httpx.get(f"{backend.url}/readyz").status_code == 200)
    let_go = Event()

    class Frozen:
        def __enter__(self) -> None:
            let_go.wait()

        def __exit__(self, *_: object) -> None:
            return

    backend.database.read = Frozen  # type: ignore[method-assign, assignment]
    readiness = backend.parts.readiness
    readiness._patience_s = 0.1
    readiness._every_s = 0.1
    try:
        wait_until(lambda: httpx.get(f"{backend.url}/readyz").status_code == 503)
        (database, *_) = httpx.get(f"{backend.url}/readyz").json()["checks"]
        assert database["problem"].startswith("does not answer, for ")
        with httpx.Client(base_url=backend.url) as client:
            client.get("/healthz")
            took_s = []
            for path in ("/healthz", "/readyz", "/metrics") * 5:
                began_s = time.monotonic()
                answer = client.get(path)
                took_s.append(time.monotonic() - began_s)
                assert answer.status_code == (503 if path == "/readyz" else 200)
        assert sorted(took_s)[len(took_s) // 2] < 0.1
    finally:
        let_go.set()
        del backend.database.read


def test_a_dead_thread_is_unhealthy(backend: BackendProcess) -> None:
    class Dead:
        runs, alive, last_cycle_ns = True, False, None

    backend.app.state.engine = Dead()
    answer = httpx.get(f"{backend.url}/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
