"""What the tests of vendors' drivers share: the recorded payloads, and one driver of each kind."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from contract.batch import Refused
from contract.door import DoorBlock
from contract.reads import Read, ReadsBlock
from edge.sensors.catalogue import catalogue
from edge.sensors.devicemessage import Measured
from edge.sensors.vendor import Vendor
from tests.support.needs import recordings_folder

VENDORS: Mapping[str, type[Vendor]] = {
    kind: cls for kind, cls in sorted(catalogue().items()) if issubclass(cls, Vendor)
}


def driver(kind: str, **settings: Any) -> Vendor:
    """Return a driver as a site file's table makes it."""
    table = settings if "listen_port" in settings else {"topics": ("vendor/+/tags",), **settings}
    return VENDORS[kind].model_validate(table)


def recorded_payload(name: str) -> bytes:
    """Return a file of recordings/badges/payloads."""
    return (recordings_folder() / "badges" / "payloads" / name).read_bytes()


def reads_of(measured: Sequence[Measured]) -> list[tuple[str, Read]]:
    """Return every read with its reader's device."""
    return [
        (part.block.device, read)
        for part in measured
        if isinstance(part.block, ReadsBlock)
        for read in part.block.reads
    ]


def doors_of(measured: Sequence[Measured]) -> list[DoorBlock]:
    """Return the blocks of doors."""
    return [part.block for part in measured if isinstance(part.block, DoorBlock)]


def reasons(refused: Sequence[Refused]) -> str:
    """Return why anything was refused, one line each."""
    return "\n".join(refusal.reason for refusal in refused)


def minew_frame(gateway: str, devices: Sequence[tuple[str, Sequence[tuple[bytes, int]]]]) -> bytes:
    """Return a BINARY-LONG frame: of each device its address, of each packet content and level."""
    body = bytes.fromhex(gateway) + struct.pack(">H", len(devices))
    for address, packets in devices:
        body += bytes.fromhex(address) + struct.pack(">H", len(packets))
        for content, level in packets:
            body += bytes([len(content)]) + content + b"\x06" + struct.pack("b", level)
    return b"\xbb\x01" + struct.pack(">I", len(body) + 7) + body + b"\xdd"
