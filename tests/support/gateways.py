"""A gateway in this process on a real broker, and what an agent sees of it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.ack import Ack
from contract.command import Command
from contract.signing import Seal
from contract.site import Site
from gateway.restart import GoesOn
from gateway.runtime import Gateway
from tests.support.brokers import Broker, wait_until
from tests.support.site_of_two import START_NS

Key = tuple[str, str, int, int]


class WoundClock:
    """Stands still until it is set."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns


@contextmanager
def running_gateway(
    site: Site,
    broker: Broker,
    backend_url: str,
    state_dir: Path,
    clock: WoundClock | None = None,
    pipeline: GoesOn | None = None,
    folder: Path = Path(),
) -> Iterator[Gateway]:
    """Run a gateway until the block ends; it is subscribed when the block begins."""
    gateway = Gateway(
        site,
        state_dir=state_dir,
        broker_host=broker.host,
        broker_port=broker.port,
        backend_url=backend_url,
        clock=clock or WoundClock(),
        ticks="wire",
        pipeline=pipeline,
        folder=folder,
    )
    gateway.start()
    try:
        wait_until(gateway.connected, "the gateway to be connected")
        yield gateway
    finally:
        gateway.stop()


class AgentSide:
    """An MQTT client in the place of an agent: it publishes, and keeps what it is told.

    With a key it signs, and keeps only what is signed with it.
    """

    def __init__(
        self, broker: Broker, site: Site, agent: str = "edge-1", key: bytes | None = None
    ) -> None:
        self._site = site
        self._seals = {
            stream: Seal(key, site.id, agent, stream)
            for stream in topics.STREAMS
            if key is not None
        }
        self.unbelieved: list[bytes] = []
        """What came without a good signature, if we have a key."""
        self._agent = agent
        self.acks: list[Ack] = []
        self.commands: list[Command] = []
        self.heard: dict[str, list[bytes]] = defaultdict(list)
        """By stream, what came on others than `ack` and `cmd`."""
        self.connections = 0
        self._subscribed = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"test-{agent}-{id(self)}"
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._subscribed.wait(20), "the broker did not take the subscription"

    def publish(self, payload: bytes, stream: str = "batch", *, confirmed: bool = True) -> None:
        """Publish, and wait for the broker's PUBACK."""
        if self._seals:
            payload = self._seals[stream].sign(payload)
        self.publish_raw(payload, stream, confirmed=confirmed)

    def publish_raw(self, payload: bytes, stream: str, *, confirmed: bool = True) -> None:
        """Publish these very bytes."""
        info = self._client.publish(self._topic(stream), payload, qos=1)
        if confirmed:
            info.wait_for_publish(20)
            assert info.is_published(), "no PUBACK"

    def listen(self, stream: str) -> None:
        """Keep what comes on one more of the agent's streams."""
        self._client.subscribe(self._topic(stream), 1)

    def held(self) -> set[Key]:
        """Return every block that was acknowledged: device, kind, boot, number."""
        return {
            (held.device, held.block, held.boot, seq)
            for ack in list(self.acks)
            for held in ack.devices
            for first, last in held.held
            for seq in range(first, last + 1)
        }

    def refused(self) -> dict[Key, str]:
        """Return every block that was refused, with the reason."""
        return {
            (held.device, held.block, held.boot, refusal.seq): refusal.reason
            for ack in list(self.acks)
            for held in ack.devices
            for refusal in held.refused
        }

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def _topic(self, stream: str) -> str:
        return topics.topic(self._site.id, self._agent, stream)

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        self.connections += 1
        client.subscribe([(self._topic("ack"), 1), (self._topic("cmd"), 1)])

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        payload = bytes(message.payload)
        stream = message.topic.rpartition("/")[2]
        if stream in ("ack", "cmd") and self._seals:
            body = self._seals[stream].body_of(payload)
            if body is None:
                self.unbelieved.append(payload)
                return
            payload = body
        if stream == "ack":
            self.acks.append(Ack.model_validate_json(payload))
        elif stream == "cmd":
            self.commands.append(Command.model_validate_json(payload))
        else:
            self.heard[stream].append(payload)


@contextmanager
def agent_side(
    broker: Broker, site: Site, agent: str = "edge-1", key: bytes | None = None
) -> Iterator[AgentSide]:
    """Connect in the place of an agent until the block ends."""
    side = AgentSide(broker, site, agent, key)
    try:
        yield side
    finally:
        side.close()
