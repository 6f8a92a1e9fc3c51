"""What crosses a broker is recorded, and played back exactly: the same claims, nobody paged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.runtime import BackendProcess
from contract.instants import NS_PER_S
from contract.site import Site
from contract.sitefile import parse
from edge.runtime import build_agent
from gateway.export import window
from gateway.runtime import Gateway
from simulators.recordings.own import Crossing, Writer, read
from tests.support.brokers import Broker, wait_until
from tests.support.brokers import broker as broker
from tests.support.motions import fall, still, worn_by

pytestmark = pytest.mark.slow

SITE = """
[site]
id = "hall-9"
[[zone]]
id = "bay"
title = "Loading bay"
[[agent]]
id = "edge-1"
[[wearer]]
id = "mira"
name = "Mira Keller"
[[device]]
id = "belt-1"
kind = "imu"
wearer = "mira"
worn = "trunk"
zone = "bay"
[[person]]
id = "karin"
name = "Karin Ek"
[[on_call]]
id = "ehs"
people = ["karin"]
[[detector]]
kind = "fall"
[[escalation]]
severity = "SEV1"
steps = [{ to = ["on-call:ehs"] }]
[[escalation]]
severity = "SEV2"
steps = [{ to = ["on-call:ehs"] }]
[[escalation]]
severity = "SEV3"
steps = [{ to = ["on-call:ehs"] }]
[[channel]]
kind = "console"
"""
"""One wearer, one zone, one person on call."""


def floorwatch(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-m", "floorwatch", *map(str, arguments)]


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE, "utf-8")
    return path


@pytest.fixture
def site() -> Site:
    return parse(SITE)


def run_hall(site: Site, folder: Path, broker: Broker) -> list[tuple[str, int, str]]:
    """Let a wearer fall in front of the real parts; return the incidents' kind, onset and title."""
    start_ns = time.time_ns() - 40 * NS_PER_S
    with BackendProcess(site, state_dir=folder / "backend") as backend:
        gateway = Gateway(
            site,
            state_dir=folder / "gateway",
            broker_host=broker.host,
            broker_port=broker.port,
            backend_url=backend.url,
        )
        gateway.start()
        wait_until(gateway.connected, "the gateway to reach the broker")
        agent = build_agent(
            site,
            "edge-1",
            state_dir=folder / "agent",
            broker_host=broker.host,
            broker_port=broker.port,
        )
        agent.start()
        try:
            for block in worn_by("belt-1", (still(12), *fall(lying_s=18)), t0_ns=start_ns):
                agent.offer(block)
            wait_until(lambda: agent.pending() == 0, "the gateway to acknowledge")
            wait_until(gateway.idle, "the backend to have it")
            listed = backend.parts.reader.incidents()
            found = [(each.kind, each.onset_ns, each.title) for each in listed]
            assert not any(each.exercise for each in listed)
        finally:
            agent.stop()
            gateway.stop()
    return found


@contextmanager
def recording(tape: Path, broker: Broker) -> Iterator[subprocess.Popen[str]]:
    """Record the broker; a test that fails does not leave the recorder, and itself, waiting."""
    with subprocess.Popen(
        floorwatch("record", tape, "--broker", f"{broker.host}:{broker.port}"),
        stdout=subprocess.PIPE,
        text=True,
    ) as recorder:
        try:
            yield recorder
        finally:
            recorder.kill()


def test_a_recording_plays_back_exactly(
    site: Site, site_file: Path, tmp_path: Path, broker: Broker
) -> None:
    tape = tmp_path / "tape.jsonl.gz"
    with recording(tape, broker) as recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline().startswith("Recording everything")
        found = run_hall(site, tmp_path / "live", broker)
        recorder.send_signal(signal.SIGINT)
        said = recorder.stdout.read()
        assert recorder.wait(30) == 0
    assert "messages written" in said
    assert [kind for kind, _, _ in found] == ["fall"]
    streams = {crossing.topic.rpartition("/")[2] for crossing in read(tape)}
    assert {"batch", "ack", "status"} <= streams
    replayed = subprocess.run(
        floorwatch("replay", tape, "--site", site_file, "--json"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    incidents = json.loads(replayed.stdout)["incidents"]
    assert [(each["kind"], each["onset_ns"], each["title"]) for each in incidents] == found
    assert all(each["exercise"] for each in incidents)
    assert "EXERCISE – PAGE" in replayed.stderr


def test_a_window_of_the_flight_recorder_is_exported_and_plays_back(
    site: Site, site_file: Path, tmp_path: Path, broker: Broker
) -> None:
    found = run_hall(site, tmp_path / "live", broker)
    tape = tmp_path / "window.jsonl"
    done = subprocess.run(
        floorwatch(
            "record", tape, "--recorder", tmp_path / "live" / "gateway", "--site", site_file,
            "--device", "belt-1",
        ),
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    whole = list(window(tmp_path / "live" / "gateway", site.id, 0, time.time_ns()))
    assert f"{len(whole)} blocks written" in done.stdout
    assert [c.payload for c in read(tape)] == [each.payload for each in whole]
    replayed = subprocess.run(
        floorwatch("replay", tape, "--site", site_file, "--json"),
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    incidents = json.loads(replayed.stdout)["incidents"]
    assert [(each["kind"], each["onset_ns"]) for each in incidents] == [f[:2] for f in found]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["replay", "nowhere.npz"], "No such file", id="a file that is not there"),
        pytest.param(["replay", "tape.jsonl"], "--site SITE.toml", id="our own without its site"),
        pytest.param(
            ["replay", "tape.jsonl", "--site", "site.toml"],
            'nothing in it is of "hall-9"',
            id="a recording of another site",
        ),
        pytest.param(["replay", "site.toml"], "wanted is an .npz", id="no recording at all"),
        pytest.param(
            ["replay", "tape.jsonl", "--speed", "0"], '--speed "0"', id="a speed of nothing"
        ),
        pytest.param(["record", "site.toml"], "exists already", id="overwriting a file"),
        pytest.param(["record", "new.jsonl"], "say where to listen", id="nowhere to listen"),
        pytest.param(
            ["record", "new.jsonl", "--broker", "127.0.0.1:1"],
            "nothing listens there",
            id="no broker there",
        ),
        pytest.param(
            ["record", "new.jsonl", "--recorder", ".", "--site", "site.toml"],
            "no gateway kept its state here",
            id="no flight recorder there",
        ),
        pytest.param(["up", "none.toml"], "none.toml: No such file", id="no site file"),
    ],
)
def test_a_refusal_says_what_is_wrong(
    arguments: list[str], told: str, site_file: Path, tmp_path: Path
) -> None:
    with Writer(tmp_path / "tape.jsonl") as tape:
        tape.write(Crossing(1, "floorwatch/1/elsewhere/edge-1/event", b"{}"))
    done = subprocess.run(
        floorwatch(*arguments),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new.jsonl").exists()
