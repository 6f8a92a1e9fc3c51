"""Zebra: fixed readers with the IoT Connector, and RFD40/RFD90 sleds, as each publishes by itself.

A fixed reader sends an event a tag, a sled a list (`dataEVT`). The sled's stream is, in its
vendor's words, a statistical view of the tags about, not a log of every read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from pydantic import AliasChoices, Field

from edge.sensors.heard import Heard, Part, UnreadableError, each_tag, one, shaped
from edge.sensors.notation import Dbm, HexEpc, Instant, Name, Point, Shape
from edge.sensors.reading import Entry
from edge.sensors.vendor import Vendor


class _Tag(Shape):
    epc: HexEpc = Field(validation_alias=AliasChoices("idHex", "EPCid", "EPC"))
    antenna: Point = "1"
    peak_rssi: Dbm = None
    reader: Name = Field(None, validation_alias=AliasChoices("MAC", "hostName", "HOSTNAME"))


class _Event(Shape):
    timestamp: Instant = None


class Zebra(Vendor):
    """Reads what Zebra readers publish."""

    kind: ClassVar[str] = "zebra"

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take one event apart, a list of them, or several run together."""
        return each_tag(payload, _parts, lambda entry: "data" in entry)


def _parts(entry: Entry) -> Iterator[Part]:
    data = entry.get("data")
    if not isinstance(data, dict):
        raise UnreadableError("data: an object is wanted")
    if "eventType" in entry and "idHex" not in data and "tagData" not in data:
        return  # a heartbeat, an alert: about the reader, not about tags
    event = yield from shaped(_Event, entry)
    tags = data.get("tagData", [data] if "barcodeData" not in data else [])
    if not isinstance(tags, list):
        raise UnreadableError("tagData: a list is wanted")

    def heard(tag: Entry) -> Iterator[Part]:
        read = yield from shaped(_Tag, tag)
        yield Heard(read.epc, read.reader, read.antenna, event.timestamp, read.peak_rssi)

    for tag in tags:
        yield from one(tag, heard)
