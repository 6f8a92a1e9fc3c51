"""The shell that vendors' drivers share: a topic or a port, a pure `parse`, and blocks of reads.

A vendor's file says how its payloads are taken apart, and nothing else: `parse` knows no clock, no
network and no site, and never raises.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from contract import spelling
from contract.batch import Refused
from contract.message import Identifier
from edge.connection import Received
from edge.localbroker import local_broker
from edge.sensor import Context, Sensor, Source
from edge.sensors import topicfilter
from edge.sensors.devicemessage import Measured
from edge.sensors.heard import Part
from edge.sensors.intake import Intake, Names
from edge.sensors.subscription import Subscription
from edge.sensors.webhook import Webhook


class ReaderTable(Sensor):
    """The settings of every driver that hears tags."""

    reader: Identifier | None = Field(
        None, description="The device that all of this comes from; else readers say who they are"
    )
    readers: dict[str, Identifier] = Field(
        default_factory=dict, description="Devices by what they call themselves: host name, MAC"
    )
    clock: Literal["reader", "agent"] = Field(
        "reader", description="Whose clock says when a tag was heard"
    )

    def intake(self) -> Intake:
        """Return what makes blocks of what is heard."""
        readers = {spelling.tag(name): device for name, device in self.readers.items()}
        return Intake(Names(self.reader, readers), self.clock)


class Vendor(ReaderTable):
    """A driver whose readers publish by MQTT, or post by HTTP, in a form of their vendor's own."""

    topics: tuple[str, ...] = Field(
        (), description="Where they publish; the first `+` is what the reader is called"
    )
    host: str | None = Field(None, description="Their broker; the site's broker if unset")
    port: int | None = Field(None, ge=1, le=65535)
    listen_port: int | None = Field(
        None, ge=1, le=65535, description="Where they post by HTTP, instead of topics"
    )
    listen_host: str = Field("127.0.0.1", description="The address of this machine to listen on")

    @abstractmethod
    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take one payload apart. Pure; never raises: what it cannot read is an `Unread`.

        Parameters
        ----------
        topic
            Where it was published, or the path that it was posted to.
        """

    @field_validator("topics")
    @classmethod
    def _are_filters(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        return topicfilter.checked(topics)

    @model_validator(mode="after")
    def _come_in_somewhere(self) -> Self:
        ways = self.ways_in()
        given = [name for name, is_given in ways.items() if is_given]
        if len(given) != 1:
            told = f"{' and '.join(given)} are given" if given else "none is given"
            raise ValueError(f"{told}; give one of {', '.join(ways)}")
        return self

    def ways_in(self) -> Mapping[str, bool]:
        """Return the settings that say how payloads come in, and which of them are given.

        Topics that a vendor's driver has by default count only where nothing else is given.
        """
        posted = self.listen_port is not None
        defaulted = "topics" not in self.model_fields_set
        return {"topics": bool(self.topics) and not (posted and defaulted), "listen_port": posted}

    def open(self, context: Context) -> Source:
        """Return the source."""
        if self.listen_port is not None:
            address = (self.listen_host, self.listen_port)
            return Webhook(address, lambda body, path: self.posted(body, path, context.clock()))
        return VendorTopics(self, context)

    def published(
        self, payload: bytes, topic: str, now_ns: int, *, retained: bool = False
    ) -> tuple[Sequence[Measured], Sequence[Refused]]:
        """Return the blocks in what was published, and what was refused of it. Never raises."""
        called = topicfilter.speaker(self.topics, topic)
        return self.intake().take(self.parse(payload, topic), called, now_ns, retained=retained)

    def posted(
        self, body: bytes, path: str, now_ns: int
    ) -> tuple[Sequence[Measured], Sequence[Refused]]:
        """Return the same for what was posted; the last part of the path may name the reader."""
        called = path.rpartition("/")[2] or None
        return self.intake().take(self.parse(body, path), called, now_ns)


class VendorTopics(Subscription):
    """The readers of one table, on their broker."""

    def __init__(self, settings: Vendor, context: Context) -> None:
        broker = local_broker(context.broker, settings.host, settings.port)
        super().__init__(context, broker, settings.topics, settings.kind)
        self._settings = settings

    def read(self, message: Received) -> tuple[Sequence[Measured], Sequence[Refused]]:
        """Return the blocks in a vendor's message."""
        return self._settings.published(
            message.payload, message.topic, self._clock(), retained=message.retained
        )
