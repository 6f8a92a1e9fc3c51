"""OpenMQTTGateway and Theengs Gateway: BLE tags as `home/GATEWAY/BTtoMQTT/TAG` has them.

The payload is `{"id": "AA:BB:…", "rssi": -55, …}` with whatever the gateway could decode beside it.
It has no time; a gateway may be told to add one (`UTCtime`, `unixtime`), and one that follows
presence says of a tag that has left `"state": "offline"` or `"presence": false`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from pydantic import Field

from edge.sensors.heard import Heard, Part, each_tag, shaped
from edge.sensors.notation import Dbm, Mac, Shape, Told
from edge.sensors.reading import Entry
from edge.sensors.vendor import Vendor


class _Advertisement(Shape):
    id: Mac
    rssi: Dbm = None
    timestamp: Told = None


class Theengs(Vendor):
    """Reads BLE tags from OpenMQTTGateway or Theengs Gateway."""

    kind: ClassVar[str] = "theengs"

    topics: tuple[str, ...] = Field(
        ("home/+/BTtoMQTT/+",), description="Where they publish; the first `+` is the gateway"
    )

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take an advertisement apart."""
        return each_tag(payload, _parts, lambda entry: "id" in entry)


def _parts(entry: Entry) -> Iterator[Part]:
    tag = yield from shaped(_Advertisement, entry)
    yield Heard(tag.id, t_ns=tag.timestamp, rssi_dbm=tag.rssi)
