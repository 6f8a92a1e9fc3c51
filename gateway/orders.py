"""Orders of the backend on their way to the disk: what is held, refused and pending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from contract.message import Block
from contract.report import SPEAKER
from gateway.effects import Identity

Settled = Callable[[Identity], bool]


class Numbered:
    """The orders of one kind, which the backend numbers: zones and evacuations, or tags.

    An order is settled when its block is on the disk, or was refused. `held` never passes by one
    that is not, so it is asked for again.

    Parameters
    ----------
    held
        Boot and number of the newest that an earlier process had on its disk.
    """

    def __init__(self, held: tuple[int, int]) -> None:
        self.held = held
        self.pending: tuple[Block, ...] = ()

    def asked(self, orders: Sequence[Block]) -> None:
        """Note what the backend asks for, oldest first: all that it does not know to be held."""
        self.pending = tuple(orders)

    def settle(self, is_settled: Settled) -> bool:
        """Move on over what is settled by now; return whether anything is."""
        before = self.held
        pending = list(self.pending)
        while pending and is_settled(identity(pending[0])):
            self.held = (pending[0].boot, pending[0].seq)
            del pending[0]
        self.pending = tuple(pending)
        return self.held != before


class RefusedOrders:
    """Orders that this gateway's site file does not allow. Any thread may note, and ask."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._told: dict[Identity, str] = {}

    def note(self, order: Identity, why: str) -> bool:
        """Note one; return whether it is news."""
        if order in self._told:
            return False
        # Another dictionary each time: whoever goes through one meanwhile has it whole.
        kept = list(self._told.items())[-(self._most - 1) :]
        self._told = {**dict(kept), order: why}
        return True

    def __contains__(self, order: Identity) -> bool:
        return order in self._told

    def of(self, message: str) -> Mapping[int, str]:
        """Return why each order of a kind was refused, by its number."""
        return {o.seq: why for o, why in self._told.items() if o.block == message}


def identity(block: Block) -> Identity:
    """Return what an order is known by."""
    return Identity(SPEAKER, block.message, block.device, block.boot, block.seq)
