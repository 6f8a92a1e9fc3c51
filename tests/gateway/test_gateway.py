"""The whole gateway between a real broker and an HTTP receiver, on both brokers."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path

import pytest

from contract.instants import ns
from contract.tick import Tick
from detectors.outcome import Outcome
from detectors.pipeline import Pipeline
from gateway.ingest import LAST_NS
from gateway.runtime import Gateway
from tests.support.brokers import Broker, free_port, wait_until
from tests.support.gateways import WoundClock, agent_side, running_gateway
from tests.support.receiver import Backend
from tests.support.site_of_two import START_NS, batch, event, fall, imu, site


def key(seq: int, device: str = "belt-1", block: str = "imu/1") -> tuple[str, str, int, int]:
    return device, block, 1, seq


def test_a_fall_is_acknowledged_posted_and_followed_by_its_evidence(
    broker: Broker, tmp_path: Path
) -> None:
    clock = WoundClock(START_NS + ns(40))
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path, clock) as gateway,
        agent_side(broker, site()) as agent,
    ):
        for block in fall():
            agent.publish(batch(block))
        wait_until(lambda: len(agent.held()) == 40, "all blocks to be acknowledged")
        wait_until(gateway.idle, "the gateway to be idle")
        told = [(d["kind"], d["phase"], d["person"]) for d in backend.detections]
        assert told.count(("fall", "onset", "n-falk")) == 1
        onset = next(d for d in backend.detections if d["phase"] == "onset")
        wait_until(
            lambda: backend.evidence and backend.evidence[-1]["complete"], "complete evidence"
        )
        window = backend.evidence[-1]
        assert window["detection"] == onset["id"]
        assert window["t0_ns"] == pytest.approx(onset["onset_ns"] - ns(5), abs=ns(0.02))
        assert len(base64.b64decode(window["accel_i16"])) == pytest.approx(20 * 50 * 6, abs=12)
        stats = gateway.stats()
    assert (stats.messages, stats.blocks, stats.duplicates) == (40, 40, 0)
    assert stats.delivered == stats.detections == len(told)
    assert stats.outbox_depth == stats.inbox_depth == 0
    assert json.loads((tmp_path / "stats.json").read_text())["blocks"] == 40


@pytest.mark.slow
def test_evidence_grows_as_samples_arrive(broker: Broker, tmp_path: Path) -> None:
    blocks = list(fall())
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path),
        agent_side(broker, site()) as agent,
    ):
        for block in blocks[:18]:
            agent.publish(batch(block))
        wait_until(lambda: backend.evidence, "the first window")
        first = backend.evidence[-1]
        assert not first["complete"]
        for block in blocks[18:]:
            agent.publish(batch(block))
        wait_until(lambda: backend.evidence[-1]["complete"], "the whole window")
    sizes = [len(window["accel_i16"]) for window in backend.evidence]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_refused_blocks_are_named_so_that_the_agent_stops_sending_them(
    broker: Broker, tmp_path: Path
) -> None:
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(b"{")
        agent.publish(b'{"message": "imu/7", "device": "belt-1", "boot": 1, "seq": 3}')
        agent.publish(batch(imu(0), imu(4, device="belt-9"), imu(5, t0_ns=LAST_NS)))
        wait_until(lambda: key(0) in agent.held(), "the good block's acknowledgement")
        wait_until(lambda: key(5) in agent.held(), "a clock that is ahead costs the time alone")
        assert set(agent.refused()) == {key(3, block="imu/7"), key(4, "belt-9")}
        wait_until(lambda: gateway.stats().messages == 3, "three messages to be counted")
        assert gateway.stats().refused == {
            "not-json": 1,
            "unknown-message": 1,
            "unknown-device": 1,
            "future": 1,
        }
        assert gateway.stats().refused_of["belt-1"] == {"unknown-message": 1, "future": 1}


def test_ten_megabytes_are_refused_and_the_next_message_arrives(
    broker: Broker, tmp_path: Path
) -> None:
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(b"x" * 10_000_000)
        agent.publish(batch(imu(0)))
        wait_until(lambda: key(0) in agent.held(), "the next message's acknowledgement")
        assert gateway.stats().refused == {"too-large": 1}
        assert gateway.stats().connections == 1
        assert agent.connections == 1


def test_a_copy_is_acknowledged_again_and_counted(broker: Broker, tmp_path: Path) -> None:
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(batch(event()))
        wait_until(lambda: len(agent.acks) == 1, "an acknowledgement")
        agent.publish(batch(event()))
        wait_until(lambda: len(agent.acks) == 2, "the same acknowledgement again")
        wait_until(gateway.idle, "the gateway to be idle")
        assert len(backend.detections) == 1
        wait_until(lambda: gateway.stats().duplicates == 1, "the copy to be counted")
        assert gateway.stats().blocks == 1


def test_the_backends_command_reaches_the_agent_of_the_device(
    broker: Broker, tmp_path: Path
) -> None:
    ask = {
        "id": "ask-1",
        "device": "belt-1",
        "command": "ask-all-right",
        "expires_ns": START_NS + ns(60),
    }
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path),
        agent_side(broker, site()) as agent,
    ):
        backend.commands.append(ask)
        agent.publish(batch(event()))
        wait_until(lambda: agent.commands, "the command")
        assert agent.commands[0].id == "ask-1"
        assert agent.commands[0].device == "belt-1"


def test_time_comes_over_the_wire_in_a_replay(broker: Broker, tmp_path: Path) -> None:
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(Tick(at_ns=START_NS).model_dump_json().encode(), "tick")
        wait_until(lambda: gateway.stats().messages == 1, "the tick to be looked at")
        assert not gateway.stats().refused


@pytest.mark.slow
def test_its_own_time_passes_once_a_second_by_its_clock(tmp_path: Path) -> None:
    ticks: list[int] = []

    class Watches(Pipeline):
        def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
            ticks.append(at_ns)
            return super().tick(at_ns, heard_ns=heard_ns)

    with Backend() as backend:
        gateway = Gateway(
            site(),
            state_dir=tmp_path,
            broker_host="127.0.0.1",
            broker_port=free_port(),
            backend_url=backend.url,
            clock=WoundClock(START_NS + 7),
            pipeline=Watches(site(), ()),
        )
        gateway.start()
        try:
            wait_until(lambda: len(ticks) >= 2, "two seconds")
        finally:
            gateway.stop()
    assert set(ticks) == {START_NS + 7}


@pytest.mark.slow
def test_a_broker_that_dies_and_comes_back_is_found_again(broker: Broker, tmp_path: Path) -> None:
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(batch(imu(0)))
        wait_until(lambda: key(0) in agent.held(), "an acknowledgement")
        broker.kill()
        wait_until(lambda: not gateway.connected(), "the gateway to notice")
        broker.start()
        wait_until(gateway.connected, "the gateway to be connected again")
        wait_until(lambda: agent.connections >= 2, "the agent to be connected again")
        agent.publish(batch(imu(1)))
        wait_until(lambda: key(1) in agent.held(), "an acknowledgement after the restart")
        assert gateway.stats().connections >= 2


def test_two_gateways_on_one_broker_lose_nothing(broker: Broker, tmp_path: Path) -> None:
    blocks = list(fall())
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path / "a") as one,
        running_gateway(site(), broker, backend.url, tmp_path / "b") as other,
        agent_side(broker, site()) as agent,
    ):
        for block in blocks:
            agent.publish(batch(block))
        wait_until(lambda: one.stats().blocks == other.stats().blocks == 40, "all blocks in both")
        wait_until(lambda: one.idle() and other.idle(), "both to be idle")
        wait_until(lambda: agent.held() == {key(seq) for seq in range(40)}, "acknowledgements")
        claims = [(d["id"], d["phase"], d["decided_ns"]) for d in backend.detections]
        assert len(claims) == 2 * len(set(claims))


def test_it_waits_for_a_broker_that_is_not_there_and_serves_metrics(tmp_path: Path) -> None:
    with Backend() as backend:
        gateway = Gateway(
            site(f"metrics_port = {free_port()}"),
            state_dir=tmp_path,
            broker_host="127.0.0.1",
            broker_port=free_port(),
            backend_url=backend.url,
            clock=WoundClock(),
        )
        gateway.start()
        try:
            wait_until(lambda: gateway.stats().link_failures >= 2, "two attempts")
            url = f"http://127.0.0.1:{gateway.metrics_port}/metrics"
            with urllib.request.urlopen(url, timeout=5) as response:
                told = response.read().decode()
        finally:
            gateway.stop()
    assert "floorwatch_gateway_connected 0.0" in told
    assert "floorwatch_gateway_blocks_total 0.0" in told
