"""The other end of an agent's line, on a real broker: hears all, answers what it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import batch
from contract.ack import Ack, Held, Refusal
from contract.message import Block, Message
from contract.status import Status
from contract.topics import topic
from tests.support.brokers import Broker, wait_until

SITE = "hall-7"
AGENT = "edge-1"

Verdict = Callable[[Block], bool | str]
"""True: held. A sentence: refused, because of that. False: no answer."""


@dataclass(frozen=True)
class Heard:
    """A message as it came from the broker."""

    topic: str
    payload: bytes
    retained: bool


class Peer:
    """A plain MQTT client with a memory. It subscribes anew whenever it reconnects."""

    def __init__(self, broker: Broker, *filters: str) -> None:
        self.heard: list[Heard] = []
        self._filters = filters
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._received
        self._client.connect_async(broker.host, broker.port)
        self._client.loop_start()
        wait_until(self._client.is_connected, "the peer to connect")
        if filters:
            assert self._subscribed.wait(20)

    def publish(self, to: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1, and wait for the broker's PUBACK."""
        self._client.publish(to, payload, qos=1, retain=retain).wait_for_publish(20)

    def send(self, to: str, message: Message) -> None:
        """Publish without waiting: usable in a callback."""
        self._client.publish(to, message.model_dump_json().encode(), qos=1)

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def on(self, to: str) -> Sequence[bytes]:
        """Return what was heard on a topic."""
        return [heard.payload for heard in list(self.heard) if heard.topic == to]

    def _connected(self, client: paho.Client, *_: Any) -> None:
        if self._filters:
            client.subscribe([(each, 1) for each in self._filters])

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain))


class GatewayPeer(Peer):
    """Hears an agent, and answers by `verdict`, which may be changed at any time."""

    def __init__(self, broker: Broker, verdict: Verdict) -> None:
        self.verdict = verdict
        self.blocks: list[Block] = []
        """Every copy of every block, in order of arrival."""
        super().__init__(broker, topic(SITE, AGENT, "batch"), topic(SITE, AGENT, "status"))

    @property
    def names(self) -> list[tuple[str, int]]:
        """Device and number of every block that was heard, once each, in order."""
        return list(dict.fromkeys((b.device, b.seq) for b in list(self.blocks)))

    @property
    def statuses(self) -> list[Status]:
        """What the agent said of itself."""
        return [Status.model_validate_json(p) for p in self.on(topic(SITE, AGENT, "status"))]

    def was_told(self, **figures: object) -> bool:
        """Whether some status had all of these figures."""
        return any(
            all(getattr(status, name) == value for name, value in figures.items())
            for status in self.statuses
        )

    def copies(self, device: str, seq: int) -> int:
        """How often one block was heard."""
        return sum((b.device, b.seq) == (device, seq) for b in list(self.blocks))

    def _received(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        super()._received(client, data, message)
        if message.topic != topic(SITE, AGENT, "batch"):
            return
        _batch, blocks, refused = batch.read(bytes(message.payload))
        assert not refused, refused
        self.blocks += blocks
        answers = tuple(
            answer for block in blocks if (answer := _answer(block, self.verdict(block)))
        )
        if answers:
            self.send(topic(SITE, AGENT, "ack"), Ack(gateway="gateway", devices=answers))


def _answer(block: Block, verdict: bool | str) -> Held | None:
    if verdict is False:
        return None
    held = ((block.seq, block.seq),) if verdict is True else ()
    refused = () if verdict is True else (Refusal(seq=block.seq, reason=str(verdict)),)
    return Held(
        block=block.message, device=block.device, boot=block.boot, held=held, refused=refused
    )


@contextmanager
def gateway_peer(broker: Broker, verdict: Verdict) -> Iterator[GatewayPeer]:
    """Run a gateway's end of the line for a while."""
    peer = GatewayPeer(broker, verdict)
    try:
        yield peer
    finally:
        peer.close()


@contextmanager
def peer(broker: Broker, *filters: str) -> Iterator[Peer]:
    """Run a plain client for a while."""
    running = Peer(broker, *filters)
    try:
        yield running
    finally:
        running.close()
