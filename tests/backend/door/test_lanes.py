"""Who reads takes no thread of an alarm, however slow the store is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import httpx
import pytest

from backend.api.examples import DETECTION
from backend.door import lanes
from backend.door.lanes import RequestLane, lane_of
from backend.runtime import BackendProcess
from tests.backend.console.served_console import wait_until
from tests.support.pages import Inbox, paging_site

AT_NS = DETECTION["decided_ns"]
READERS = 60
"""More than all threads that there are for routes."""


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        pytest.param("POST", "/api/v1/detections", RequestLane.INTAKE, id="an alarm"),
        pytest.param("POST", "/api/v1/report", RequestLane.INTAKE, id="the gateway's report"),
        pytest.param(
            "POST", "/api/v1/detections/00/evidence", RequestLane.READING, id="its evidence"
        ),
        pytest.param("PUT", "/api/v1/clips/x/clip.mp4", RequestLane.READING, id="a clip"),
        pytest.param("GET", "/a/token", RequestLane.ANSWERS, id="a link is opened"),
        pytest.param("POST", "/a/token", RequestLane.ANSWERS, id="a link acts"),
        pytest.param(
            "POST", "/api/v1/incidents/7/acknowledge", RequestLane.ANSWERS, id="an answer"
        ),
        pytest.param("DELETE", "/api/v1/evacuation", RequestLane.ANSWERS, id="an order"),
        pytest.param("GET", "/a/token/films/x", RequestLane.READING, id="a film by a link"),
        pytest.param("GET", "/i/7/events", RequestLane.READING, id="a stream's beginning"),
        pytest.param("GET", "/healthz", RequestLane.FREE, id="from memory"),
        pytest.param("POST", "/healthz", RequestLane.ANSWERS, id="no such thing"),
    ],
)
def test_what_each_request_is_for(method: str, path: str, lane: RequestLane) -> None:
    assert lane_of(method, path) is lane


class Stuck:
    """A store that lets nobody go on, until it does."""

    def __init__(self) -> None:
        self.let_go = Event()
        self.inside = 0
        self._lock = Lock()

    def incidents(self, *_: object, **__: object) -> tuple[()]:
        with self._lock:
            self.inside += 1
        self.let_go.wait(60)
        return ()


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackendProcess]:
    monkeypatch.setattr(lanes.RequestLanes.__init__, "__defaults__", (0.2,))
    with BackendProcess(
        paging_site(),
        state_dir=tmp_path,
        clock=lambda: AT_NS,
        engine="manual",
        channels=[Inbox()],
    ) as backend:
        yield backend


def test_sixty_slow_readers_hold_up_neither_alarm_nor_answer(backend: BackendProcess) -> None:
    stuck = Stuck()
    backend.app.state.reader = stuck
    with ThreadPoolExecutor(READERS) as crowd:
        try:
            answers = [
                crowd.submit(httpx.get, f"{backend.url}/", timeout=60) for _ in range(READERS)
            ]
            wait_until(lambda: sum(answer.done() for answer in answers) == READERS - 12)
            assert stuck.inside == 12
            told = httpx.post(f"{backend.url}/api/v1/detections", json=DETECTION)
            assert told.status_code == 200
            taken = httpx.post(
                f"{backend.url}/api/v1/incidents/1/acknowledge", json={"person": "karin-ek"}
            )
            assert taken.status_code == 200
            assert httpx.get(f"{backend.url}/healthz").status_code == 200
        finally:
            stuck.let_go.set()
        statuses = [answer.result().status_code for answer in answers]
    assert (statuses.count(200), statuses.count(503)) == (12, READERS - 12)
    busy = next(answer.result() for answer in answers if answer.result().status_code == 503)
    assert (busy.json()["error"], busy.headers["Retry-After"]) == ("BusyError", "2")
    assert httpx.get(f"{backend.url}/").status_code == 200


def test_who_goes_away_while_waiting_leaves_no_place_taken(backend: BackendProcess) -> None:
    stuck = Stuck()
    backend.app.state.reader = stuck
    with ThreadPoolExecutor(24) as crowd:
        try:
            gone = [crowd.submit(impatient, backend) for _ in range(24)]
            wait_until(lambda: all(each.done() for each in gone))
        finally:
            stuck.let_go.set()
    wait_until(lambda: httpx.get(f"{backend.url}/").status_code == 200)
    for _ in range(13):
        assert httpx.get(f"{backend.url}/").status_code == 200


def impatient(backend: BackendProcess) -> None:
    with pytest.raises(httpx.TimeoutException):
        httpx.get(f"{backend.url}/", timeout=0.1)
