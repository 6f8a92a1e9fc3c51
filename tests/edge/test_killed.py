"""The agent is killed as a power cut kills it; whatever was spooled arrives all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.edge.agents import MQTT, SITE
from tests.edge.samples import imu, sos
from tests.support.brokers import Broker, wait_until
from tests.support.gatewaypeer import gateway_peer, peer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SPOOL_AND_HANG = """
import sys, time
from pathlib import Path
from edge.spool import Spool
from tests.edge.samples import imu, sos

spool = Spool(Path(sys.argv[1]), time.time_ns)
spool.put([imu(seq) for seq in range(20)])
spool.put([sos(0)])
print("spooled", flush=True)
time.sleep(60)
"""


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed at the end, with no chance to tidy up."""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@contextmanager
def agent_process(broker: Broker, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m edge`, as it runs on a device."""
    site_file = folder / "site.toml"
    site_file.write_text(SITE.format(sensors=MQTT))
    at = ["--broker-host", broker.host, "--broker-port", str(broker.port)]
    state = ["--state", str(folder / "state")]
    with process("-m", "edge", str(site_file), "--agent", "edge-1", *at, *state) as running:
        yield running


def test_killed_between_spooling_and_publishing(broker: Broker, tmp_path: Path) -> None:
    with gateway_peer(broker, lambda _: True) as gateway:
        path = tmp_path / "state" / "spool-edge-1.sqlite3"
        with process("-c", SPOOL_AND_HANG, str(path)) as doomed:
            assert doomed.stdout is not None
            assert doomed.stdout.readline() == "spooled\n"
        assert not gateway.blocks
        with agent_process(broker, tmp_path):
            wait_until(lambda: len(gateway.blocks) >= 21, "everything that was spooled")
        assert {b.seq for b in gateway.blocks if b.message == "imu/1"} == set(range(20))
        assert gateway.blocks[0] == sos(0), "the call for help goes first"


def test_killed_while_it_sends_again(broker: Broker, tmp_path: Path) -> None:
    with gateway_peer(broker, lambda _: False) as gateway, peer(broker) as device:
        with agent_process(broker, tmp_path):
            wait_until(lambda: gateway.was_told(state="online"), "the agent")
            while not gateway.blocks:  # until its subscription stands
                device.publish("devices/belt-01/imu", imu(0).model_dump_json().encode())
            for seq in range(1, 10):
                device.publish("devices/belt-01/imu", imu(seq).model_dump_json().encode())
            wait_until(lambda: gateway.copies("belt-01", 9) >= 2, "a second copy of the last one")
        gateway.blocks.clear()
        wait_until(lambda: gateway.was_told(state="offline"), "the last will", deadline_s=40)
        gateway.verdict = lambda _: True
        with agent_process(broker, tmp_path) as again:
            wait_until(
                lambda: gateway.names == [("belt-01", seq) for seq in range(10)], "all of them"
            )
            assert again.poll() is None
        with agent_process(broker, tmp_path):
            # What the last one was killed over is sent again; the next status is 30 s away then.
            wait_until(lambda: gateway.statuses[-1].spooled == 0, "an empty spool", deadline_s=60)


def test_killed_at_any_moment_while_devices_send(broker: Broker, tmp_path: Path) -> None:
    """The device gives each message to the local broker once, and never sends it again."""
    with gateway_peer(broker, lambda _: True) as gateway, peer(broker) as device:
        sent = 0
        for _round in range(3):
            with agent_process(broker, tmp_path):
                gateway.heard.clear()
                wait_until(lambda: gateway.was_told(state="online"), "the agent")
                if sent == 0:  # the very first time there is no session that would keep them
                    while not gateway.blocks:
                        device.publish("devices/belt-01/imu", imu(0).model_dump_json().encode())
                    sent = 1
                for seq in range(sent, sent + 200):
                    device.publish("devices/belt-01/imu", imu(seq).model_dump_json().encode())
                sent += 200
        with agent_process(broker, tmp_path):
            wait_until(lambda: len(gateway.names) == sent, f"all {sent} blocks", deadline_s=60)


def test_a_signal_ends_it_in_order(broker: Broker, tmp_path: Path) -> None:
    with gateway_peer(broker, lambda _: True) as gateway:
        for asked in (signal.SIGTERM, signal.SIGINT):
            gateway.heard.clear()
            with agent_process(broker, tmp_path) as running:
                wait_until(lambda: gateway.was_told(state="online"), "the agent")
                running.send_signal(asked)
                assert running.wait(20) == 0
            wait_until(lambda: gateway.was_told(state="offline"), "its goodbye")
            assert gateway.statuses[-1].at_ns, "said by itself, not by its last will"
