"""The gateway as a process: it starts, says what is wrong with a site file, and stops cleanly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.brokers import Broker, free_port, wait_until
from tests.support.gateways import agent_side
from tests.support.receiver import Backend
from tests.support.site_of_two import batch, event, site, site_text

pytestmark = pytest.mark.slow


def command(site_file: Path, *more: object) -> list[str]:
    return [sys.executable, "-m", "gateway", str(site_file), *map(str, more)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop(
    broker: Broker, tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "site.toml").write_text(site_text())
    stats = tmp_path / "state" / "stats.json"
    with Backend() as backend, agent_side(broker, site()) as agent:
        process = subprocess.Popen(
            command(
                tmp_path / "site.toml",
                *("--broker-host", broker.host, "--broker-port", broker.port),
                *("--backend-url", backend.url, "--state", tmp_path / "state", "--exercise"),
            ),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until(
                lambda: stats.exists() and json.loads(stats.read_text())["connected"],
                "the gateway to be connected",
            )
            agent.publish(batch(event()))
            wait_until(lambda: backend.detections, "the detection")
            process.send_signal(how)
            _, told = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in told.splitlines()] == [
        "gateway-starts",
        "device-bound",
    ]
    assert json.loads(stats.read_text())["delivered"] == 1
    assert backend.detections[0]["exercise"] is True


WRONG = [
    pytest.param('[sight]\nid = "x"', 'there is no table [sight]; did you mean "site"?', id="site"),
    pytest.param(
        '[site]\nid = "x"\n[[detector]]\nkind = "fal"',
        'there is no kind "fal"; did you mean "fall"?',
        id="detector",
    ),
    pytest.param("not toml", "not TOML", id="not TOML"),
    pytest.param(None, "No such file", id="no file"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_a_site_file_that_cannot_be_used_is_refused_in_a_sentence(
    tmp_path: Path, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "site.toml").write_text(text)
    url = f"http://127.0.0.1:{free_port()}"
    more = ("--backend-url", url, "--state", tmp_path / "state")
    done = subprocess.run(
        command(tmp_path / "site.toml", *more), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
