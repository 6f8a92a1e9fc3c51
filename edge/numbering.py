"""Gives blocks a boot and a sequence number where their device has none.

A number is never used twice, not even after a power cut: the gateway would take the second block
for a copy of the first, and what it shows would be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.message import Block

NextBoot = Callable[[str], int]
"""Return a boot number that this device never had; it is remembered before it is used."""


@dataclass(slots=True)
class _Count:
    boot: int
    seq: int
    t0_ns: int


class Numbering:
    """The counts of this run of the agent. Each run begins a new boot for whatever it numbers."""

    def __init__(self, next_boot: NextBoot) -> None:
        self._next_boot = next_boot
        self._given: dict[tuple[str, str], _Count] = {}
        self._heard: dict[tuple[str, str], _Count] = {}

    def number(self, block: Block) -> Block:
        """Return the block with the next number of its device, whatever it had before."""
        name = (block.message, block.device)
        count = self._given.get(name)
        if count is None:
            count = self._given[name] = _Count(self._next_boot(block.device), -1, 0)
        count.seq += 1
        return block.model_copy(update={"boot": count.boot, "seq": count.seq})

    def complete(self, block: Block) -> Block:
        """Return the block with a boot, if its device counts blocks but not its restarts.

        Such a device has restarted when its count falls while its time goes on: a repeated or
        reordered block is not later than those before it.
        """
        if "boot" in block.model_fields_set:
            return block
        name = (block.message, block.device)
        count = self._heard.get(name)
        if count is None or (block.seq <= count.seq and block.t0_ns > count.t0_ns):
            boot = self._next_boot(block.device)
            count = self._heard[name] = _Count(boot, block.seq, block.t0_ns)
        elif block.seq > count.seq:
            count.seq, count.t0_ns = block.seq, max(count.t0_ns, block.t0_ns)
        return block.model_copy(update={"boot": count.boot})
