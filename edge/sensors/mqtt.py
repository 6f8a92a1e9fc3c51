"""Devices that publish by MQTT on the agent's local broker: our own messages, or plain JSON.

The driver confirms a message to that broker only once it is in the spool, so a device that
publishes with QoS 1 may forget it then, although it knows nothing of our acknowledgements.
"""

from __future__ import annotations

import zlib
from typing import ClassVar

from pydantic import Field, field_validator

from contract.command import Command
from contract.site import Broker
from edge.connection import Connection, Received
from edge.sensors import devicemessage
from edge.sensors.confirmations import Confirmations
from edge.sensors.sensor import Context, Emit, Refuse, Sensor, Source

COMMANDS = "cmd"


class Mqtt(Sensor):
    """Reads what devices publish. The first `+` of a topic filter stands for the device's id."""

    kind: ClassVar[str] = "mqtt"

    topics: tuple[str, ...] = Field(("devices/+/+",), min_length=1)
    host: str | None = Field(None, description="The local broker; the site's broker if unset")
    port: int | None = Field(None, ge=1, le=65535)
    command_topic: str = Field(
        f"devices/{{device}}/{COMMANDS}", description="Where a device is asked to do something"
    )

    @field_validator("topics")
    @classmethod
    def _are_filters(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        for topic in topics:
            parts = topic.split("/")
            if not topic or any(p != "+" and "+" in p for p in parts) or "#" in topic[:-1]:
                raise ValueError(f'"{topic}" is not a topic filter, as "devices/+/imu" is')
        return topics

    @field_validator("command_topic")
    @classmethod
    def _names_the_device(cls, topic: str) -> str:
        if topic.count("{device}") != 1 or set("+#") & set(topic):
            raise ValueError('say where the device\'s id goes, as in "devices/{device}/cmd"')
        return topic

    def open(self, context: Context) -> MqttSource:
        """Return the source."""
        return MqttSource(self, context)

    def device_of(self, topic: str) -> str | None:
        """Return the device that a topic names, if one of the filters says where."""
        levels = topic.split("/")
        for wanted in self.topics:
            parts = wanted.split("/")
            if _matches(parts, levels):
                return levels[parts.index("+")] if "+" in parts else None
        return None

    def is_command(self, topic: str) -> bool:
        """Whether we publish there ourselves, so that it comes back to us."""
        before, after = self.command_topic.split("{device}")
        return topic.startswith(before) and topic.endswith(after) and bool(after)


class MqttSource(Source):
    """The connection to the local broker."""

    def __init__(self, settings: Mqtt, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._emit: Emit | None = None
        self._refuse: Refuse | None = None
        # Of its own, and the same after a restart: the broker keeps what comes meanwhile for it.
        told_apart = zlib.crc32("\n".join(settings.topics).encode())
        self._connection = Connection(
            _local_broker(settings, context.broker),
            f"floorwatch-{context.site.id}-{context.agent}-devices-{told_apart:08x}",
            settings.topics,
            on_message=self._received,
            manual_ack=True,
        )
        self._confirmations = Confirmations(self._connection.confirm)

    def start(self, emit: Emit, refuse: Refuse) -> None:
        """Begin to connect; a broker that is away is waited for."""
        self._emit, self._refuse = emit, refuse
        self._connection.start()

    def stop(self) -> None:
        """Hang up. What is not confirmed yet the broker sends again next time."""
        self._connection.stop()

    def check(self) -> None:
        """Look after the network thread."""
        self._connection.check()

    def command(self, command: Command) -> bool:
        """Publish the command to its device; False while the local broker is away."""
        topic = self._settings.command_topic.replace("{device}", command.device)
        return self._connection.publish(topic, command.model_dump_json().encode())

    def _received(self, message: Received) -> None:
        assert self._emit is not None
        assert self._refuse is not None
        if self._settings.is_command(message.topic):
            self._confirmations.expect(message, 0)
            return
        device = self._settings.device_of(message.topic)
        measured, refused = devicemessage.read(
            message.payload, device, self._clock(), retained=message.retained
        )
        for refusal in refused:
            self._refuse(refusal.device, refusal.reason)
        settled = self._confirmations.expect(message, len(measured))
        for part in measured:
            self._emit(part.block, numbered=part.numbered, settled=settled)


def _local_broker(settings: Mqtt, site_broker: Broker) -> Broker:
    if settings.host is None and settings.port is None:
        return site_broker
    if settings.host is None:
        return site_broker.model_copy(update={"port": settings.port})
    # Another broker has other credentials: those of the site's are not shown to it.
    return Broker(host=settings.host, port=settings.port or 1883)


def _matches(wanted: list[str], levels: list[str]) -> bool:
    for i, part in enumerate(wanted):
        if part == "#":
            return True
        if i >= len(levels) or part not in ("+", levels[i]):
            return False
    return len(wanted) == len(levels)
