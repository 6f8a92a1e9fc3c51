"""MeshTech BLE gateways: the tag is in the topic, its level in the payload.

`mt/gateway/e4ebc3f77f09/device/da51bdeef18c/rssi` carries `{"time": …, "parent": …, "rssi": -58}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from pydantic import Field

from edge.sensors.heard import Heard, Part, UnreadableError, each_tag, shaped
from edge.sensors.notation import Dbm, Name, Shape, Told, mac
from edge.sensors.reading import Entry
from edge.sensors.vendor import Vendor


class _Level(Shape):
    time: Told = None
    parent: Name = None
    rssi: Dbm = None


class MeshTech(Vendor):
    """Reads the levels that MeshTech gateways publish."""

    kind: ClassVar[str] = "meshtech"

    topics: tuple[str, ...] = Field(
        ("mt/gateway/+/device/+/rssi",),
        description="Where they publish; the first `+` is the gateway",
    )

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take a level apart; whose it is, the topic says."""

        def parts(entry: Entry) -> Iterator[Part]:
            level = yield from shaped(_Level, entry)
            yield Heard(_tag(topic), level.parent, t_ns=level.time, rssi_dbm=level.rssi)

        return each_tag(payload, parts)


def _tag(topic: str) -> str:
    _, _, after = topic.partition("/device/")
    try:
        return mac(after.partition("/")[0])
    except ValueError as error:
        raise UnreadableError(f"topic {topic[:100]}: {error}") from None
