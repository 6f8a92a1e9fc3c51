from __future__ import annotations

from contract.ack import Ack, Held
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.message import Block
from edge.entry import Entry

T0_NS = 1_700_000_000_000_000_000


def imu(seq: int, device: str = "belt-01", *, boot: int = 1, samples: int = 1) -> ImuBlock:
    at_rest = ((0.0, 0.0, 1.0),) * samples
    t0_ns = T0_NS + seq * 1_000_000_000
    return ImuBlock(device=device, boot=boot, seq=seq, t0_ns=t0_ns, odr_hz=50, accel_g=at_rest)


def sos(seq: int, device: str = "belt-01", *, boot: int = 1) -> EventBlock:
    return EventBlock(device=device, boot=boot, seq=seq, t0_ns=T0_NS, event="sos")


def ack(
    *runs: tuple[int, int], block: str = "imu/1", device: str = "belt-01", boot: int = 1
) -> Ack:
    held = Held(block=block, device=device, boot=boot, held=runs)
    return Ack(gateway="gateway", devices=(held,))


def names(entries: list[Entry] | tuple[Entry, ...]) -> list[tuple[str, int]]:
    return [(entry.key.kind, entry.key.seq) for entry in entries]


def numbers(blocks: list[Block]) -> list[int]:
    return [block.seq for block in blocks]
