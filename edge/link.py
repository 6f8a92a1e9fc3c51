"""The agent's line to the gateway: blocks and status up, acknowledgements and commands down."""

from __future__ import annotations

from typing import Protocol

import structlog
from pydantic import ValidationError

from contract.ack import Ack
from contract.batch import explain
from contract.command import Command
from contract.instants import Clock
from contract.site import Broker
from contract.status import Status
from contract.tick import Tick
from contract.topics import topic
from edge.connection import Connection, Received, Will

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Who is told what comes down the line. Called on the network thread: hand over and return."""

    def connected(self) -> None:
        """Take note that the line is up."""

    def acknowledged(self, ack: Ack) -> None:
        """Take note that the gateway holds blocks, or refuses them."""

    def commanded(self, command: Command) -> None:
        """Take note that the gateway wants something of a device."""


class Link:
    """MQTT to the site's broker, QoS 1 throughout, with a last will that says `offline`."""

    def __init__(self, broker: Broker, site: str, agent: str) -> None:
        self._agent = agent
        self._batches, self._status, self._ticks, self._acks, self._commands = (
            topic(site, agent, stream) for stream in ("batch", "status", "tick", "ack", "cmd")
        )
        self._listener: Listener | None = None
        self._connection = Connection(
            broker,
            f"floorwatch-{site}-{agent}",
            (self._acks, self._commands),
            on_message=self._received,
            on_connected=self._connected,
            will=self._offline(None),
        )

    def start(self, listener: Listener) -> None:
        """Begin to connect, and tell `listener` what comes."""
        self._listener = listener
        self._connection.start()

    def stop(self, clock: Clock) -> None:
        """Say that the agent goes offline, and hang up."""
        self._connection.stop(self._offline(clock()))

    @property
    def is_up(self) -> bool:
        """Whether there is a broker at the other end."""
        return self._connection.is_up

    @property
    def is_listening(self) -> bool:
        """Whether acknowledgements and commands will reach us."""
        return self._connection.is_listening

    @property
    def is_congested(self) -> bool:
        """Whether samples should wait. An event never does."""
        return self._connection.is_congested

    def publish_batch(self, payload: bytes) -> bool:
        """Send a `batch/1`; False when the line is down."""
        return self._connection.publish(self._batches, payload)

    def publish_tick(self, at_ns: int) -> bool:
        """Send the time, for a replay; False when the line is down."""
        return self._connection.publish(self._ticks, Tick(at_ns=at_ns).model_dump_json().encode())

    def publish_status(self, status: Status) -> bool:
        """Send how the agent is, retained; False when the line is down."""
        payload = status.model_dump_json(exclude_none=True).encode()
        return self._connection.publish(self._status, payload, retain=True)

    def check(self) -> bool:
        """Look after the network thread. True: it was alive."""
        return self._connection.check()

    def _connected(self) -> None:
        if self._listener is not None:
            self._listener.connected()

    def _received(self, message: Received) -> None:
        if self._listener is None:
            return
        try:
            if message.topic == self._acks:
                self._listener.acknowledged(Ack.model_validate_json(message.payload))
            elif message.topic == self._commands:
                self._listener.commanded(Command.model_validate_json(message.payload))
        except ValidationError as error:
            log.error("unreadable message", topic=message.topic, reason=explain(error))

    def _offline(self, at_ns: int | None) -> Will:
        status = Status(agent=self._agent, state="offline", at_ns=at_ns)
        return Will(self._status, status.model_dump_json(exclude_none=True).encode())
