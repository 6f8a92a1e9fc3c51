"""Badge reads written down as a walk: so many seconds in each zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from contract.instants import NS_PER_S, ns
from contract.message import Block, Message
from contract.reads import Read, ReadsBlock
from contract.tick import Tick
from tests.support.hall import POINTS, TAGS
from tests.support.motions import T0_NS

Stay = tuple[str | None, float]
"""A zone, or None where no reader hears, and how many seconds."""


def walk(
    stays: Iterable[Stay], *, person: str = "keller", every_s: float = 0.2, t0_ns: int = T0_NS
) -> list[Read]:
    """Return the reads of somebody who spends so long in each zone."""
    found: list[Read] = []
    begin_s = 0.0
    for zone, seconds in stays:
        for number in range(round(seconds / every_s) if zone else 0):
            t_ns = t0_ns + ns(begin_s + number * every_s)
            found.append(Read(tag=TAGS[person], point=POINTS[zone or ""], t_ns=t_ns, rssi_dbm=-60))
        begin_s += seconds
    return found


def sent(reads: Sequence[Read], *, reader: str = "reader-1", seq: int = 0) -> list[ReadsBlock]:
    """Return reads as a reader sends them, a second a block, in the order given."""
    seconds = groupby(reads, key=lambda read: read.t_ns // NS_PER_S)
    return [
        ReadsBlock(device=reader, seq=seq + number, t0_ns=second * NS_PER_S, reads=tuple(part))
        for number, (second, part) in enumerate(seconds)
    ]


def ticking(blocks: Iterable[Message], until_s: float, *, t0_ns: int = T0_NS) -> list[Message]:
    """Return the blocks with a tick at every full second, in the order of time."""
    ticks = [Tick(at_ns=t0_ns + ns(second)) for second in range(int(until_s) + 1)]
    return sorted([*blocks, *ticks], key=_when)


def _when(message: Message) -> int:
    if isinstance(message, Tick):
        return message.at_ns
    return message.end_ns if isinstance(message, Block) else message.decided_ns  # type: ignore[attr-defined]
