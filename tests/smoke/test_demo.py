"""`floorwatch demo` as somebody who has never seen it runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.brokers import free_port
from tests.support.patience import Patience

pytestmark = pytest.mark.slow

PAGED_WITHIN_S = 40.0
"""The demo promises 15 s after its start; a machine that builds something else may take longer."""
LINK = re.compile(r"http://127\.0\.0\.1:\d+/a/\S+")


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        (folder / "out.txt").open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "floorwatch", "demo", *options],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0,  # the most careless there is
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(60)


def told(folder: Path) -> str:
    return (folder / "out.txt").read_text(encoding="utf-8", errors="replace")


def wait_for(folder: Path, *patterns: str) -> str:
    patience = Patience(PAGED_WITHIN_S)
    while not patience.is_over():
        text = told(folder)
        if all(re.search(pattern, text) for pattern in patterns):
            return text
        time.sleep(0.05)
    raise AssertionError(f"waited for {patterns} in:\n{told(folder)}")


def descendants(pid: int) -> set[int]:
    """Return every process that the demo started, and theirs."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {pid}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {pid}


def open_to_others(state: Path) -> list[str]:
    """Return what under a state folder anybody but its owner may read, write or list."""
    found = [path for path in (state, *state.rglob("*")) if not path.is_symlink()]
    assert len(found) > 10
    return [
        f"{path.relative_to(state)} {mode:o}"
        for path in found
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077
    ]


def test_the_demo_pages_is_acknowledged_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, "--port", str(port)) as process:
        text = wait_for(
            tmp_path,
            r"SEV\d incident \d+: Fall",
            r"Robot cell without authorisation",
            r"PAGE SEV\d → .*Fall.*Acknowledge: http",
        )
        children = descendants(process.pid)
        assert len(children) >= 5  # broker, backend, gateway, agent, simulated devices
        line = next(
            each for each in text.splitlines() if "Acknowledge: " in each and "Fall" in each
        )
        link = LINK.search(line)
        assert link is not None
        with httpx.Client(trust_env=False) as browser:
            shown = browser.get(link.group())
            assert shown.status_code == 200
            assert "Acknowledge" in shown.text
            still = browser.get(f"http://127.0.0.1:{port}/api/v1/incidents?status=acknowledged")
            assert still.json()["items"] == [], "a GET must not acknowledge"
            key = re.search(r'name="key" value="([^"]+)"', shown.text)
            answered = browser.post(
                link.group(), data={"key": key.group(1) if key else "k"}, follow_redirects=True
            )
            assert answered.status_code == 200
            taken = browser.get(f"http://127.0.0.1:{port}/api/v1/incidents?status=acknowledged")
            assert [each["kind"] for each in taken.json()["items"]] == ["fall"]
        assert open_to_others(tmp_path / "var") == []
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "Everything has stopped." in told(tmp_path)
        assert open_to_others(tmp_path / "var") == []
    alive = [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not alive


def test_a_taken_port_is_said_and_another_one_used(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)):
            text = wait_for(tmp_path, r"sign a browser in: http://127\.0\.0\.1:\d+/sign-in/")
    assert f"Port {port} is taken, so the console and API are at port" in text
    assert f"Console and API: http://127.0.0.1:{port}\n" not in text


def test_on_a_terminal_the_view_is_live(tmp_path: Path) -> None:
    import pty

    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "floorwatch", "demo", "--port", str(free_port())],
        cwd=tmp_path,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
        start_new_session=True,
    ) as process:
        os.close(follower)
        seen = b""
        patience = Patience(PAGED_WITHIN_S)
        try:
            while b"incident 1" not in seen and not patience.is_over():
                seen += os.read(leader, 65536)
        finally:
            process.send_signal(signal.SIGINT)
            while True:
                try:
                    if not (more := os.read(leader, 65536)):
                        break
                    seen += more
                except OSError:
                    break
            os.close(leader)
            assert process.wait(60) == 0
    for head in ("devices heard", "blocks/s", "detections", "incidents", "pages", "latency"):
        assert head.encode() in seen, head
    assert b"incident 1" in seen
