"""The agent's line to the gateway: blocks and status up, acknowledgements and commands down."""

from __future__ import annotations

import secrets
import time
from typing import Protocol

import structlog
from pydantic import ValidationError

from contract.ack import Ack
from contract.batch import explain
from contract.command import Command
from contract.instants import Clock
from contract.signing import Seal, split
from contract.site import Broker
from contract.status import Status
from contract.tick import Tick
from contract.topics import topic
from edge.answers import Answers
from edge.connection import Connection, Received, Will

log = structlog.get_logger(__name__)

SAID_EVERY_S = 60.0
"""How often it is logged that somebody else speaks in the gateway's name, or in ours."""


class Listener(Protocol):
    """Who is told what comes down the line. Called on the network thread: hand over and return."""

    def connected(self) -> None:
        """Take note that the line is up."""

    def acknowledged(self, ack: Ack) -> None:
        """Take note that the gateway holds blocks, or refuses them."""

    def commanded(self, command: Command) -> None:
        """Take note that the gateway wants something of a device."""


class Link:
    """MQTT to the site's broker, QoS 1 throughout, with a last will that says `offline`.

    With a key, what goes up is signed, but for the status, which nobody acts on; and what comes
    down is believed only if the gateway signed it for this agent.
    """

    def __init__(self, broker: Broker, site: str, agent: str, key: bytes | None = None) -> None:
        self._agent = agent
        self._seals: dict[str, Seal] = {}
        if key is not None:
            streams = ("batch", "tick", "ack", "cmd")
            self._seals = {topic(site, agent, s): Seal(key, site, agent, s) for s in streams}
        self.session = secrets.token_hex(8)
        """This run of the agent: an answer to another is not for us."""
        self.disbelieved = 0
        """Messages in the gateway's name that were not for this agent, this run, or not new."""
        self._answers = Answers(self.session, strict=key is not None)
        self._said_s: dict[str, float] = {}
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
        return self._connection.publish(self._batches, self._signed(self._batches, payload))

    def publish_tick(self, at_ns: int) -> bool:
        """Send the time, for a replay; False when the line is down."""
        payload = Tick(at_ns=at_ns).model_dump_json().encode()
        return self._connection.publish(self._ticks, self._signed(self._ticks, payload))

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
        body = self._believed(message)
        if self._listener is None or body is None:
            return
        try:
            if message.topic == self._acks:
                self._acknowledged(self._listener, Ack.model_validate_json(body))
            elif message.topic == self._commands:
                self._listener.commanded(Command.model_validate_json(body))
        except ValidationError as error:
            log.error("unreadable message", topic=message.topic, reason=explain(error))

    def _acknowledged(self, listener: Listener, ack: Ack) -> None:
        if not ack.devices:
            self._say(
                "the gateway hears somebody in our name who does not have our key",
                why="a second agent of this id, a wrong key file, or somebody else",
            )
            return
        judgement = self._answers.judge(ack)
        if judgement == "new":
            listener.acknowledged(ack)
            return
        self.disbelieved += 1
        log.info("acknowledgement not believed", why=judgement, session=ack.session)

    def _believed(self, message: Received) -> bytes | None:
        """Return what the gateway says; None if it is not the gateway who says it."""
        seal = self._seals.get(message.topic)
        if seal is None:
            return split(message.payload)[0]
        body = seal.body_of(message.payload)
        if body is None:
            self.disbelieved += 1
            self._say(
                "a message in the gateway's name is not signed with our key",
                topic=message.topic,
                why="the gateway has another key for this agent, or somebody else speaks as it",
            )
        return body

    def _say(self, what: str, **details: str) -> None:
        now_s = time.monotonic()
        if now_s - self._said_s.get(what, -SAID_EVERY_S) >= SAID_EVERY_S:
            self._said_s[what] = now_s
            log.error(what, **details)

    def _signed(self, to: str, payload: bytes) -> bytes:
        seal = self._seals.get(to)
        return payload if seal is None else seal.sign(payload)

    def _offline(self, at_ns: int | None) -> Will:
        status = Status(agent=self._agent, state="offline", at_ns=at_ns)
        return Will(self._status, status.model_dump_json(exclude_none=True).encode())
