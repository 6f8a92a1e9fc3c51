"""Whom the benchmark pages: a healthy receiver and two sick ones, in a process of their own.

`python -m tests.benchmarks.receivers WAY …` prints their URLs as a JSON list. After a line on its
input it prints when each fall was first taken over, by `person incident`, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum

from tests.support.receiver import Answer, Posted, Receiver

SLOW_S = 9.0
FOR_EVER_S = 3600.0


class Way(StrEnum):
    """How a receiver takes a page."""

    HEALTHY = "healthy"
    HANGS = "hangs"
    SLOW = "9 s a message"
    REFUSES = "answers 429"


class Receivers:
    """The receivers of one run, as the benchmark sees them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process = process
        self.urls: list[str] = json.loads(process.stdout.readline())

    def first(self) -> dict[str, int]:
        """Return when each fall was first taken over by any of them."""
        told, _ = self._process.communicate("\n")
        found: dict[str, int] = json.loads(told)
        return found


@contextmanager
def receivers(*ways: Way) -> Iterator[Receivers]:
    """Run receivers."""
    command = (sys.executable, "-m", "tests.benchmarks.receivers", *ways)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Receivers(process)
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Receive until a line comes."""
    arrived: dict[str, int] = {}
    lock = threading.Lock()

    def take(posted: Posted, at_ns: int) -> Answer:
        body = posted.json
        with lock:
            arrived.setdefault(f"{body['person']} {body['incident']}", at_ns)
        return 200, {}

    def slow(posted: Posted) -> Answer:
        time.sleep(SLOW_S)
        return take(posted, time.time_ns())

    def hang(_posted: Posted) -> Answer:
        time.sleep(FOR_EVER_S)
        return 200, {}

    answers: dict[Way, Callable[[Posted], Answer]] = {
        Way.HEALTHY: lambda posted: take(posted, time.time_ns()),
        Way.HANGS: hang,
        Way.SLOW: slow,
        Way.REFUSES: lambda _posted: (429, {}),
    }
    with ExitStack() as stack:
        every = [stack.enter_context(Receiver(answers[Way(way)])) for way in sys.argv[1:]]
        print(json.dumps([each.url for each in every]), flush=True)
        sys.stdin.readline()
        print(json.dumps(arrived), flush=True)
        sys.stdout.close()


if __name__ == "__main__":
    main()
