"""OpenMQTTGateway and Theengs Gateway: BLE tags as `home/GATEWAY/BTtoMQTT/TAG` has them.

The payload is `{"id": "AA:BB:…", "rssi": -55, …}` with whatever the gateway could decode beside it.
It has no time; a gateway may be told to add one (`timestamp`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from pydantic import Field

from edge.sensors.heard import Entry, Heard, Part, each
from edge.sensors.notation import Dbm, Instant, Mac, Shape
from edge.sensors.vendor import Vendor


class _Advertisement(Shape):
    id: Mac
    rssi: Dbm = None
    timestamp: Instant = None


class Theengs(Vendor):
    """Reads BLE tags from OpenMQTTGateway or Theengs Gateway."""

    kind: ClassVar[str] = "theengs"

    topics: tuple[str, ...] = Field(
        ("home/+/BTtoMQTT/+",), description="Where they publish; the first `+` is the gateway"
    )

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take an advertisement apart."""
        return each(payload, _parts)


def _parts(entry: Entry) -> Iterator[Part]:
    tag = _Advertisement.model_validate(entry)
    yield Heard(tag.id, t_ns=tag.timestamp, rssi_dbm=tag.rssi)
