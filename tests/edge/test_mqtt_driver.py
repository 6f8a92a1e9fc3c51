"""Devices on a real local broker, through a real agent, to a gateway's end of the line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from contract.command import Command
from contract.errors import SiteFileError
from contract.instants import ns
from contract.message import Block
from contract.refusal import RefusedBlock
from contract.topics import topic
from edge.agent import Agent
from edge.runtime import build_agent
from edge.sensors.mqtt import Mqtt
from tests.edge.agents import MQTT, running, site
from tests.edge.samples import imu, sos
from tests.edge.test_device_message import BAD, REST, published
from tests.support.brokers import Broker, free_port, wait_until
from tests.support.gatewaypeer import AGENT, SITE, GatewayPeer, Peer, gateway_peer, peer

TOPIC = "devices/belt-01/imu"


def now(block: Block) -> Block:
    """Return a block as if it had been measured now: one of years ago is not believed."""
    return block.model_copy(update={"t0_ns": time.time_ns()})


def connected(agent: Agent) -> None:
    """Wait until the driver hears its devices."""
    source = agent._drivers._drivers[0].source
    wait_until(lambda: source._connection.is_up, "the driver to connect")  # type: ignore[attr-defined]
    wait_until(lambda: source._connection.is_listening, "its subscription")  # type: ignore[attr-defined]


def connections(agent: Agent) -> int:
    """Return how often the driver has been taken in by its broker."""
    source = agent._drivers._drivers[0].source
    return int(source._connection._generation)  # type: ignore[attr-defined]


def test_every_kind_of_payload_crosses(broker: Broker, tmp_path: Path) -> None:
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        peer(broker) as device,
        running(broker, tmp_path, MQTT) as agent,
    ):
        connected(agent)
        device.publish(TOPIC, published(REST))
        device.publish("devices/belt-02/imu", now(imu(4, "belt-02")).model_dump_json().encode())
        device.publish("devices/belt-01/event", now(sos(7)).model_dump_json().encode())
        device.publish("devices/button-1/button", b'{"event": "sos"}')
        device.publish("devices/reader-1/reads", b'{"reads": [{"tag": "E280"}]}')
        wait_until(lambda: len(gateway.names) == 5, "five blocks")
        wait_until(lambda: agent.pending() == 0, "their acknowledgement")
        assert agent.refusals.total == 0
        kinds = sorted((block.device, block.message) for block in set(gateway.blocks))
    assert kinds == [
        ("belt-01", "event/1"),
        ("belt-01", "imu/1"),
        ("belt-02", "imu/1"),
        ("button-1", "event/1"),
        ("reader-1", "reads/1"),
    ]


def test_bad_input_of_every_sort_is_counted_and_the_next_message_arrives(
    broker: Broker, tmp_path: Path
) -> None:
    bad = [published(case.values[0]) for case in BAD]
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        peer(broker) as device,
        running(broker, tmp_path, MQTT) as agent,
    ):
        connected(agent)
        for payload in bad:
            device.publish(TOPIC, payload)
        device.publish(TOPIC, published(REST))
        wait_until(lambda: gateway.blocks, "the good one")
        agent.connected()  # another status
        wait_until(lambda: gateway.was_told(refused=len(bad)), "a status that counts them")
        assert agent.refusals.of("belt-01") >= len(bad) - 1


def test_whose_input_is_refused_is_told_to_the_gateway(broker: Broker, tmp_path: Path) -> None:
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        peer(broker) as device,
        running(broker, tmp_path, MQTT) as agent,
    ):
        connected(agent)
        device.publish(TOPIC, published({**REST, "odr_hz": "fast"}))
        device.publish("devices/stranger/imu", published({**REST, "odr_hz": "fast"}))
        wait_until(lambda: len(gateway.blocks) == 2, "both to be told")
        told = [block for block in gateway.blocks if isinstance(block, RefusedBlock)]
        assert {(each.device, each.lost) for each in told} == {("belt-01", 1), (AGENT, 1)}
        assert all("odr_hz" in each.reason for each in told)


def test_ten_megabytes_are_refused_and_the_next_message_arrives(
    broker: Broker, tmp_path: Path
) -> None:
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        peer(broker) as device,
        running(broker, tmp_path, MQTT) as agent,
    ):
        connected(agent)
        device.publish(TOPIC, b"x" * 10_000_000)
        device.publish(TOPIC, now(imu(1)).model_dump_json().encode())
        wait_until(lambda: gateway.names == [("belt-01", 1)], "the next message")
        assert agent.refusals.total == 1
        assert connections(agent) == 1, "it never lost its broker"


def test_a_message_is_confirmed_to_the_local_broker_once_it_is_spooled(
    broker: Broker, tmp_path: Path
) -> None:
    """The device forgets at PUBACK; the local broker keeps the rest for an agent that is away."""
    with running(broker, tmp_path, MQTT) as agent:
        connected(agent)
    with peer(broker) as device:
        for seq in range(30):
            device.publish("devices/belt-01/imu", imu(seq).model_dump_json().encode())
    with gateway_peer(broker, lambda _: True) as gateway, running(broker, tmp_path, MQTT) as agent:
        wait_until(lambda: len(gateway.names) == 30, "what came meanwhile")
        wait_until(lambda: agent.pending() == 0, "its acknowledgement")


def ask(id: str = "ask-1", *, for_s: float = 60) -> Command:
    return Command(
        id=id, device="belt-01", command="ask-all-right", expires_ns=time.time_ns() + ns(for_s)
    )


def send(gateway: GatewayPeer, command: Command) -> None:
    gateway.publish(topic(SITE, AGENT, "cmd"), command.model_dump_json().encode())


def asked(device: Peer) -> list[str]:
    return [json.loads(payload)["id"] for payload in device.on("devices/belt-01/cmd")]


def test_a_command_reaches_its_device_once_and_not_after_its_time(
    broker: Broker, tmp_path: Path
) -> None:
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        peer(broker, "devices/+/cmd") as device,
        running(broker, tmp_path, MQTT) as agent,
    ):
        connected(agent)
        wait_until(lambda: agent._link.is_listening, "the agent to listen for commands")
        for command in (ask("late", for_s=-1), ask("a"), ask("a"), ask("b"), ask("a")):
            send(gateway, command)
        wait_until(lambda: "b" in asked(device), "the second command")
        send(gateway, ask("c"))
        wait_until(lambda: "c" in asked(device), "the third command")
        assert asked(device) == ["a", "b", "c"]
        assert agent.refusals.total == 0, "the agent does not read its own commands as input"


@pytest.mark.slow
def test_a_command_waits_for_a_local_broker_that_is_away(broker: Broker, tmp_path: Path) -> None:
    elsewhere = MQTT + f'host = "127.0.0.1"\nport = {free_port()}\n'
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        running(broker, tmp_path, elsewhere) as agent,
    ):
        wait_until(lambda: agent._link.is_listening, "the agent to listen for commands")
        send(gateway, ask("a"))
        wait_until(lambda: "a" in agent._unreached, "the agent to keep the command")
        send(gateway, ask("brief", for_s=0.2))
        wait_until(lambda: list(agent._unreached) == ["a"], "the other command to expire")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        pytest.param('topics = ["a/b+/c"]', "is not a topic filter", id="half a wildcard"),
        pytest.param("topics = []", "topics", id="no topic"),
        pytest.param('topic = ["a"]', 'did you mean "topics"', id="misspelt"),
        pytest.param('command_topic = "devices/cmd"', "{device}", id="a command for nobody"),
        pytest.param("port = 99999", "port", id="no port"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SiteFileError, match=r"agent\.sensors") as caught:
        build_agent(site(MQTT + settings), "edge-1", state_dir=tmp_path)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("filters", "heard", "device"),
    [
        pytest.param(["devices/+/+"], "devices/belt-01/imu", "belt-01", id="the default"),
        pytest.param(["hall/7/+/#"], "hall/7/belt-01/a/b", "belt-01", id="deep below"),
        pytest.param(["+/imu"], "belt-01/imu", "belt-01", id="first level"),
        pytest.param(["beacon"], "beacon", None, id="a fixed topic names nobody"),
        pytest.param(["a/+/x", "b/+/x"], "b/belt-01/x", "belt-01", id="the second of two"),
    ],
)
def test_the_first_wildcard_names_the_device(
    filters: list[str], heard: str, device: str | None
) -> None:
    assert Mqtt(topics=tuple(filters)).device_of(heard) == device
