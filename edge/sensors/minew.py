"""Minew BLE gateways (G1 and its kin): JSON-LONG, JSON-RAW, and the binary frame.

The binary frame is as a captured one shows: header `BB01`, its length in four bytes, the gateway's
address, how many devices; of each its address and how many packets; of each packet its length, the
advertisement, a flag byte and the level as a signed byte; `DD` ends it. It has no times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from edge.sensors.heard import Heard, Part, Unread, UnreadableError, each_tag, shaped
from edge.sensors.notation import Dbm, Mac, Shape, Told, level_dbm, mac, name
from edge.sensors.reading import Entry
from edge.sensors.vendor import Vendor

HEADER = b"\xbb\x01"
TAIL = b"\xdd"
OTHER_FRAMES = {b"\xbb\x00": "BINARY-SHORT", b"\xbb\x02": "MINEW-CONNECT"}


class _Device(Shape):
    mac: Mac
    rssi: Dbm = None
    timestamp: Told = None


class Minew(Vendor):
    """Reads what Minew gateways publish or post."""

    kind: ClassVar[str] = "minew"

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take a frame, or a list of devices, apart."""
        start = payload[:2]
        if start in OTHER_FRAMES:
            told = f"a {OTHER_FRAMES[start]} frame: set the gateway to BINARY-LONG or JSON-LONG"
            return (Unread(told),)
        return _frame(payload) if start == HEADER else _devices(payload)


def _devices(payload: bytes) -> Iterator[Part]:
    gateway: str | None = None

    def parts(entry: Entry) -> Iterator[Part]:
        nonlocal gateway
        if "gateway" in entry:
            gateway = name(entry["gateway"])
        elif entry.get("type") == "Gateway":
            gateway = name(entry.get("mac"))
            return
        if "gateway" in entry and "mac" not in entry:
            return
        device = yield from shaped(_Device, entry)
        yield Heard(device.mac, gateway, t_ns=device.timestamp, rssi_dbm=device.rssi)

    yield from each_tag(payload, parts)


def _frame(payload: bytes) -> Iterator[Part]:
    """Yield every packet as a read, and what is broken once; what came before it is read."""
    gateway: str | None = None
    try:
        frame = _Frame(payload)
        if frame.number(4) != len(payload) or payload[-1:] != TAIL:
            raise UnreadableError("a frame that is cut off, or longer than it says")
        gateway = frame.take(6).hex()
        for _device in range(frame.number(2)):
            tag = mac(frame.take(6).hex())
            packets = frame.number(2)
            if packets == 0:
                yield Heard(tag, gateway)
            for _packet in range(packets):
                frame.take(frame.number(1) + 1)  # the advertisement, and its flags
                level = int.from_bytes(frame.take(1), signed=True)
                yield Heard(tag, gateway, rssi_dbm=level_dbm(level))
        if frame.left != 1:
            raise UnreadableError(f"{frame.left - 1} bytes behind the last device of a frame")
    except UnreadableError as error:
        yield Unread(str(error), gateway)


class _Frame:
    """Bytes that are taken off one after another."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = len(HEADER)

    @property
    def left(self) -> int:
        return len(self._payload) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left - len(TAIL):
            raise UnreadableError("a frame that ends in the middle of a device")
        self._at += count
        return self._payload[self._at - count : self._at]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")
