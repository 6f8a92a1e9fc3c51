"""`python -m backend`, as a process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Thread

import httpx
import pytest

from backend.api.auth import API_TOKEN
from backend.api.examples import DETECTION
from backend.people.sign_in import SIGN_IN_FILE
from contract.instants import NS_PER_S
from tests.support.pages import SITE

pytestmark = pytest.mark.slow


def backend(
    site: str,
    tmp_path: Path,
    *options: str,
    descriptors: tuple[int, int] | None = None,
    **variables: str,
) -> subprocess.Popen[str]:
    """Start it; `descriptors` are the soft and the hard limit that it is given."""
    limits: tuple[str, ...] = ()
    if descriptors is not None:
        soft, hard = descriptors
        limits = ("sh", "-c", f'ulimit -Sn {soft}; ulimit -Hn {hard}; exec "$@"', "sh")
    path = tmp_path / "site.toml"
    path.write_text(site)
    environment = {name: value for name, value in os.environ.items() if name != API_TOKEN}
    return subprocess.Popen(
        [*limits, sys.executable, "-m", "backend", str(path),
         "--state", str(tmp_path / "state"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, **variables},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_stops(tmp_path: Path, signal_number: int) -> None:
    with backend(SITE, tmp_path, "--port", "0") as process:
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            found = re.search(r'"url": "(http://127\.0\.0\.1:\d+)"', line)
            if found:
                url = found[1]
                break
        assert httpx.get(f"{url}/healthz").status_code in (200, 503)
        process.send_signal(signal_number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "backend stopped" in said


def test_the_environment_names_the_database_and_one_left_behind_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "backend.sqlite").touch()
    url = f"sqlite:///{tmp_path / 'named.db'}"
    with backend(SITE, tmp_path, "--port", "0", FLOORWATCH_DATABASE_URL=url) as process:
        assert process.stderr is not None
        assert any("an earlier database of this backend" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert (tmp_path / "named.db").stat().st_size > 0
    assert (tmp_path / "state" / "backend.sqlite").stat().st_size == 0


@pytest.mark.parametrize(
    ("site", "options", "sentence"),
    [
        pytest.param(
            SITE.replace("[[zone]]", "[[zoen]]", 1),
            (),
            'there is no table [zoen]; did you mean "zone"?',
            id="a misspelt table",
        ),
        pytest.param(
            SITE.replace('kind = "console"', 'kind = "pigeon"'),
            (),
            'there is no kind "pigeon"',
            id="no such channel",
        ),
        pytest.param(SITE, ("--host", "0.0.0.0"), API_TOKEN, id="open to all without a token"),
        pytest.param(SITE, ("--database", "oracle://x"), "oracle", id="no such database"),
        pytest.param(SITE, ("--database", "postgresql://127.0.0.1:1/x"), "refused", id="no server"),
    ],
)
def test_what_cannot_run_says_why_in_a_sentence(
    tmp_path: Path, site: str, options: tuple[str, ...], sentence: str
) -> None:
    process = backend(site, tmp_path, "--port", "0", *options)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert sentence in said
    assert "Traceback" not in said


def started(process: subprocess.Popen[str]) -> str:
    """Return its address, once it says so; its log is read on, so that it never fills a pipe."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r'"url": "(http://127\.0\.0\.1:\d+)"', line)
        if found:
            Thread(target=process.stderr.read, daemon=True).start()
            return found[1]
    raise AssertionError("it did not start")


def hold_streams(url: str, stack: ExitStack, state: Path) -> None:
    for _ in range(5):
        answer = stack.enter_context(httpx.stream("GET", f"{url}/events", timeout=20))
        next(answer.iter_lines())


def hold_slow_bodies(url: str, stack: ExitStack, state: Path) -> None:
    port = int(url.rpartition(":")[2])
    for _ in range(20):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        connection.sendall(
            b"POST /api/v1/detections HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
        )


def hold_the_database(url: str, stack: ExitStack, state: Path) -> None:
    """Lock it, and have detections wait for it."""
    locked = sqlite3.connect(state / "backend.sqlite", isolation_level=None)
    stack.callback(locked.close)
    locked.execute("BEGIN IMMEDIATE")
    port = int(url.rpartition(":")[2])
    body = json.dumps(DETECTION).encode()
    for _ in range(20):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        connection.sendall(
            b"POST /api/v1/detections HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )


def hold_a_hand_off(url: str, stack: ExitStack, state: Path) -> None:
    """Page somebody over a webhook that takes the call and never answers."""
    silent = stack.enter_context(socket.create_server(("127.0.0.1", HOOK_PORT)))
    now_ns = time.time_ns()
    told = {**DETECTION, "onset_ns": now_ns - 2 * NS_PER_S, "decided_ns": now_ns}
    assert httpx.post(f"{url}/api/v1/detections", json=told, timeout=20).status_code == 200
    silent.settimeout(20)
    connection, _ = silent.accept()
    stack.enter_context(connection)


HOOK_PORT = 39_417
HOOK = f'\n[[channel]]\nkind = "webhook"\nurl = "http://127.0.0.1:{HOOK_PORT}/"\n'
HOLDS = [
    pytest.param(hold_streams, id="pages that are followed"),
    pytest.param(hold_slow_bodies, id="bodies that do not end"),
    pytest.param(hold_the_database, id="a database that is locked"),
    pytest.param(hold_a_hand_off, id="a hand-off that hangs"),
]


@pytest.mark.parametrize("hold", HOLDS)
def test_it_ends_within_ten_seconds_whatever_hangs(
    tmp_path: Path, hold: Callable[[str, ExitStack, Path], None]
) -> None:
    with ExitStack() as stack, backend(SITE + HOOK, tmp_path, "--port", "0") as process:
        hold(started(process), stack, tmp_path / "state")
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        assert time.monotonic() - began_s < 10


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack, backend(SITE, tmp_path, "--port", "0") as process:
        hold_the_database(started(process), stack, tmp_path / "state")
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # the first is taken; two at once would be one
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 1
        assert time.monotonic() - began_s < 1


def test_a_signal_during_the_start_ends_it_too(tmp_path: Path) -> None:
    """The database is locked by somebody, and it waits for it before it listens."""
    (tmp_path / "state").mkdir()
    locked = sqlite3.connect(tmp_path / "state" / "backend.sqlite", isolation_level=None)
    locked.execute("PRAGMA journal_mode=WAL")
    locked.execute("BEGIN IMMEDIATE")
    with closing(locked), backend(SITE, tmp_path, "--port", "0") as process:
        time.sleep(2)  # it is starting: there is nothing that it could say before
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert time.monotonic() - began_s < 10


def test_its_sign_in_link_is_for_its_owner_s_eyes_and_lets_in(tmp_path: Path) -> None:
    with backend(SITE, tmp_path, "--port", "0") as process:
        url = started(process)
        path = tmp_path / "state" / SIGN_IN_FILE
        while not path.is_file():
            time.sleep(0.01)
        assert path.stat().st_mode & 0o777 == 0o600
        link = path.read_text().strip()
        assert link.startswith(f"{url}/sign-in/")
        with httpx.Client(headers={"Sec-Fetch-Site": "same-origin"}) as client:
            assert client.post(link).headers["Location"] == "/session"
            assert "Who are you?" in client.get(f"{url}/").text
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
