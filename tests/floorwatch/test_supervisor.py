from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from floorwatch.errors import CommandError
from floorwatch.supervisor import Part, Supervisor
from tests.support.patience import Patience

pytestmark = pytest.mark.slow

DEADLINE_S = 20.0


def part(name: str, program: str, **settings: object) -> Part:
    return Part(name, (sys.executable, "-c", program), **settings)  # type: ignore[arg-type]


SLEEPER = "import time; time.sleep(600)"


@pytest.fixture
def said() -> list[str]:
    return []


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def supervise(tmp_path: Path, said: list[str]) -> Iterator[object]:
    made: list[Supervisor] = []

    def make(*parts: Part) -> Supervisor:
        made.append(Supervisor(parts, tmp_path / "log", said.append))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()


def test_a_part_that_dies_is_restarted_and_said_so(supervise, said) -> None:  # type: ignore[no-untyped-def]
    supervisor = supervise(part("gateway", SLEEPER))
    supervisor.start()
    first = supervisor.pids()["gateway"]
    os.kill(first, signal.SIGKILL)
    patience = Patience(DEADLINE_S)
    while supervisor.pids().get("gateway", first) == first and not patience.is_over():
        supervisor.look()
        time.sleep(0.02)
    assert supervisor.pids()["gateway"] != first
    assert said == [
        "gateway was ended by SIGKILL; it is started again in 0.5 s",
        "gateway runs again",
    ]


def test_nothing_stays_behind_after_a_stop(supervise) -> None:  # type: ignore[no-untyped-def]
    supervisor = supervise(part("broker", SLEEPER), part("backend", SLEEPER))
    supervisor.start()
    pids = supervisor.pids()
    supervisor.stop()
    assert len(pids) == 2
    assert not [pid for pid in pids.values() if running(pid)]


def test_a_part_that_ends_at_its_start_is_named_with_its_last_words(supervise) -> None:  # type: ignore[no-untyped-def]
    program = "import sys; print('the disk is on fire', file=sys.stderr); sys.exit(3)"
    supervisor = supervise(part("backend", program, ready=lambda: False))
    with pytest.raises(
        CommandError, match=r"backend ended with exit status 3(?s:.*)disk is on fire"
    ):
        supervisor.start()


def test_lines_of_a_part_reach_the_view(supervise) -> None:  # type: ignore[no-untyped-def]
    lines: list[str] = []
    supervisor = supervise(
        part("backend", f"print('PAGE SEV1', flush=True); {SLEEPER}", on_line=lines.append)
    )
    supervisor.start()
    patience = Patience(DEADLINE_S)
    while not lines and not patience.is_over():
        time.sleep(0.01)
    assert lines == ["PAGE SEV1"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_parts_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from floorwatch.supervisor import Part, Supervisor\n"
        f"s = Supervisor([Part('x', (sys.executable, '-c', {SLEEPER!r}))], "
        "pathlib.Path(sys.argv[1]), print)\n"
        "s.start(); print(s.pids()['x'], flush=True); time.sleep(600)\n"
    )
    import subprocess

    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
        process.wait()
        patience = Patience(DEADLINE_S)
        while running(child) and not patience.is_over():
            time.sleep(0.02)
        assert not running(child)
