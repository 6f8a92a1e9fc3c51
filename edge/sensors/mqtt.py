"""Devices that publish by MQTT on the agent's local broker: our own messages, or plain JSON.

The driver confirms a message to that broker only once it is in the spool, so a device that
publishes with QoS 1 may forget it then, although it knows nothing of our acknowledgements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field, field_validator

from contract.batch import Refused
from contract.command import Command
from edge.connection import Received
from edge.localbroker import local_broker
from edge.sensor import Context, Sensor
from edge.sensors import devicemessage, topicfilter
from edge.sensors.devicemessage import Measured
from edge.sensors.subscription import Subscription

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
        return topicfilter.checked(topics)

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
        return topicfilter.speaker(self.topics, topic)

    def is_command(self, topic: str) -> bool:
        """Whether we publish there ourselves, so that it comes back to us."""
        before, after = self.command_topic.split("{device}")
        return topic.startswith(before) and topic.endswith(after) and bool(after)


class MqttSource(Subscription):
    """The connection to the local broker."""

    def __init__(self, settings: Mqtt, context: Context) -> None:
        broker = local_broker(context.broker, settings.host, settings.port)
        super().__init__(context, broker, settings.topics)
        self._settings = settings

    def command(self, command: Command) -> bool:
        """Publish the command to its device; False while the local broker is away."""
        if command.command == "clip":  # for a camera of this box, which may not have spoken yet
            return False
        topic = self._settings.command_topic.replace("{device}", command.device)
        return self._connection.publish(topic, command.model_dump_json(exclude_none=True).encode())

    def read(self, message: Received) -> tuple[Sequence[Measured], Sequence[Refused]]:
        """Return the blocks in a device's message; in a command of our own there are none."""
        if self._settings.is_command(message.topic):
            return (), ()
        device = self._settings.device_of(message.topic)
        return devicemessage.read(message.payload, device, self._clock())
