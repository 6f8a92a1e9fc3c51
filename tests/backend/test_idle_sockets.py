"""Row 7 of what was seen: 1,100 idle connections without a token, and 1,024 descriptors."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from backend.api.examples import DETECTION
from backend.door.descriptors import raise_limit
from contract.instants import NS_PER_S
from tests.backend.console.served_console import wait_until
from tests.backend.test_process import backend, started
from tests.support.pages import SITE
from tests.support.receiver import Receiver

pytestmark = pytest.mark.slow

IDLE = 1100
FALLS = 5


def fall(number: int) -> dict[str, object]:
    """Return a fall of now, of its own."""
    now_ns = time.time_ns()
    return {
        **DETECTION,
        "id": f"{number:032x}",
        "kind": "sos",
        "person": None,
        "device": f"button-{number}",
        "onset_ns": now_ns - NS_PER_S,
        "decided_ns": now_ns,
    }


def paged(receiver: Receiver, times: int) -> bool:
    """Whether the webhook was called so often."""
    return len(receiver.posts) >= times


def crowd(port: int, stop: Event, stack: ExitStack) -> list[socket.socket]:
    """Open idle connections, and open each anew that was closed."""
    held = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(IDLE)]

    def renew() -> None:
        while not stop.wait(0.01):
            for place, each in enumerate(held):
                each.settimeout(0)
                try:
                    gone = each.recv(1) == b""
                except BlockingIOError:
                    continue
                except OSError:
                    gone = True
                if gone:
                    each.close()
                    try:
                        held[place] = socket.create_connection(("127.0.0.1", port), 5)
                    except OSError:
                        return

    def close() -> None:
        for each in held:
            each.close()

    thread = Thread(target=renew, daemon=True)
    thread.start()
    stack.callback(close)
    stack.callback(thread.join)
    stack.callback(stop.set)
    return held


def test_neither_intake_nor_paging_stops(tmp_path: Path, database_url: str) -> None:
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        hook = f'\n[[channel]]\nkind = "webhook"\nurl = "{receiver.url}/"\n'
        options = ("--port", "0", "--database", database_url)
        process = stack.enter_context(
            backend(SITE + hook, tmp_path, *options, descriptors=(1024, 1024))
        )
        stack.callback(process.kill)
        url = started(process)
        raise_limit()  # our own: we hold the other ends
        crowd(int(url.rpartition(":")[2]), Event(), stack)
        for number in range(FALLS):
            began_s = time.monotonic()
            answer = httpx.post(f"{url}/api/v1/detections", json=fall(number), timeout=5)
            assert answer.status_code == 200
            assert time.monotonic() - began_s < 2
            wait_until(partial(paged, receiver, 2 * (number + 1)), 5)
        assert httpx.get(f"{url}/healthz", timeout=5).status_code == 200
        assert "ConnectionGaveWay" in httpx.get(f"{url}/metrics", timeout=5).text


def test_the_soft_limit_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    with backend(SITE, tmp_path, "--port", "0", descriptors=(512, 2048)) as process:
        started(process)
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (2048, 2048)
        process.terminate()
        process.wait(timeout=10)
