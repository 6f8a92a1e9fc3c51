"""A spooled block: its identity, its JSON, and whether it may ever be given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from contract.event import EventBlock
from contract.message import Block


class BlockKey(NamedTuple):
    """What tells one block from every other one."""

    kind: str
    """As in its `message`: `imu/1`."""
    device: str
    boot: int
    seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A block as it waits for the gateway's acknowledgement."""

    id: int
    """Counts up in the order of arrival."""
    key: BlockKey
    t0_ns: int
    is_event: bool
    """A person pressed something. It goes first, and is never given up for want of room."""
    payload: bytes


def encoded(id: int, block: Block) -> Entry:
    """Return a block as it is kept, with the JSON that will go out."""
    return Entry(
        id=id,
        key=BlockKey(block.message, block.device, block.boot, block.seq),
        t0_ns=block.t0_ns,
        is_event=isinstance(block, EventBlock),
        payload=block.model_dump_json(exclude_none=True).encode(),
    )
