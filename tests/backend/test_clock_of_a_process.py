"""A backend as a process whose wall clock is set under it, by Debian's `faketime`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.__main__ import DATABASE_URL
from backend.api.auth import API_TOKEN
from backend.api.examples import DETECTION
from contract.detection import detection_id
from contract.instants import ns
from tests.support.faked_clock import FakedClock, command
from tests.support.pages import SITE
from tests.support.patience import Patience
from tests.support.receiver import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.faketime]

RUNG_S = 15
"""From the first page to the next rung's: longer than a start takes on a busy machine."""
OFF_S = 5
DEADLINE_S = 60


class SetProcess:
    """`python -m backend`, its state, and the clock that it believes."""

    def __init__(self, folder: Path, hook: str, database_url: str) -> None:
        self._folder = folder
        self._database_url = database_url
        self.clock = FakedClock(folder / "clock")
        site = SITE.replace("wait_s = 180", f"wait_s = {RUNG_S}")
        site = site.replace('kind = "console"', f'kind = "webhook"\nurl = "{hook}"')
        (folder / "site.toml").write_text(site)
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name != API_TOKEN}
        self._process = subprocess.Popen(
            [*command("backend"), str(self._folder / "site.toml"),
             "--state", str(self._folder / "state"), "--port", "0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=environment | dict(self.clock.environment) | {DATABASE_URL: self._database_url},
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert self._process.stderr is not None
        for line in self._process.stderr:
            found = re.search(r'"url": "(http://127\.0\.0\.1:\d+)"', line)
            if found:
                self.url = found[1]
                return
        self.stop()
        raise AssertionError("the backend did not start")

    def stop(self) -> None:
        """End it in peace: killed, it may have to send again what it had just handed off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate()
            self._process = None

    def falls(self) -> None:
        now_ns = time.time_ns()
        claim = {
            "id": detection_id("fall", "person:o-lund", now_ns),
            "person": "o-lund",
            "device": "belt-12",
            "onset_ns": now_ns - ns(2.5),
            "decided_ns": now_ns,
        }
        url = f"{self.url}/api/v1/detections"
        httpx.post(url, json=DETECTION | claim, timeout=DEADLINE_S).raise_for_status()


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def process(tmp_path: Path, hook: Receiver, database_url: str) -> Iterator[SetProcess]:
    process = SetProcess(tmp_path, hook.url, database_url)
    process.start()
    yield process
    process.stop()


def called(hook: Receiver, count: int) -> float:
    """Wait until so many people were called, and return when that was."""
    patience = Patience(DEADLINE_S)
    while len(hook.posts) < count:
        assert not patience.is_over(), f"{len(hook.posts)} of {count} pages came"
        time.sleep(0.02)
    return time.monotonic()


@pytest.mark.parametrize(
    ("off_s", "restarted"),
    [
        pytest.param(-3600, False, id="an hour back"),
        pytest.param(-3600, True, id="an hour back while it is down"),
        pytest.param(86_400, False, id="a day ahead", marks=pytest.mark.long),
        pytest.param(86_400, True, id="a day ahead while it is down", marks=pytest.mark.long),
    ],
)
def test_the_next_rung_is_called_when_it_should_be(
    process: SetProcess, hook: Receiver, off_s: float, restarted: bool
) -> None:
    process.falls()
    first_s = called(hook, 2)
    if restarted:
        process.stop()
    process.clock.set(off_s)
    if restarted:
        process.start()
    next_s = called(hook, 3)
    assert next_s - first_s == pytest.approx(RUNG_S, abs=OFF_S)
    repeats = [post for post in hook.posts if post.json.get("repeat")]
    assert repeats == []
