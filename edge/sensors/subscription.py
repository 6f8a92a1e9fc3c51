"""A source that listens to topics of a local broker, and confirms what is safe on our own disk."""

from __future__ import annotations

import zlib
from abc import abstractmethod
from collections.abc import Sequence

from contract.batch import Refused
from contract.site import Broker
from edge.connection import Connection, Received
from edge.sensor import Context, Emit, Refuse, Source
from edge.sensors.confirmations import Confirmations
from edge.sensors.devicemessage import Measured
from edge.way import Delivery


class Subscription(Source):
    """One connection to a local broker. A message is confirmed once its blocks are in the spool."""

    def __init__(
        self, context: Context, broker: Broker, topics: Sequence[str], name: str = "devices"
    ) -> None:
        """Prepare the connection.

        Parameters
        ----------
        name
            Tells this connection from others of the same agent to the same topics.
        """
        self._clock = context.clock
        self._emit: Emit | None = None
        self._refuse: Refuse | None = None
        # Of its own, and the same after a restart: the broker keeps what comes meanwhile for it.
        told_apart = zlib.crc32("\n".join(topics).encode())
        self._name = f"{name}-{told_apart:08x}"
        self._connection = Connection(
            broker,
            f"floorwatch-{context.site.id}-{context.agent}-{self._name}",
            topics,
            on_message=self._received,
            manual_ack=True,
        )
        self._confirmations = Confirmations(self._connection.confirm)

    @abstractmethod
    def read(self, message: Received) -> tuple[Sequence[Measured], Sequence[Refused]]:
        """Return the blocks in a message, and what had to be refused of it. Never raises."""

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

    def _received(self, message: Received) -> None:
        assert self._emit is not None
        assert self._refuse is not None
        measured, refused = self.read(message)
        for refusal in refused:
            self._refuse(refusal.device, refusal.reason, partly=refusal.partly)
        settled = self._confirmations.expect(message, len(measured))
        delivery = self._delivery(message)
        for number, part in enumerate(measured):
            self._emit(part.block, way=part.way(delivery.part(number)), settled=settled)

    def _delivery(self, message: Received) -> Delivery:
        stamp = None
        if message.qos:
            told = zlib.crc32(message.payload, zlib.crc32(message.topic.encode()))
            stamp = f"{self._name}:{message.mid}:{told:08x}"
        begun = None if message.session is None else f"{self._name}:{message.session}"
        return Delivery(message.retained, message.again, stamp, begun)
