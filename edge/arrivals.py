"""What is new, what is a copy, and when it was: decided here alone, for all drivers.

At least once in, once out, late is late. Devices, brokers and drivers send again what they are not
sure of; a press that comes twice is one press, and two presses are never taken for one because a
clock was reset or a count began again. Whatever is new has a number that is never used twice, not
even after a power cut, and a time that can be true.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeVar

from contract.dating import Dating, Tell
from contract.event import EventBlock
from contract.instants import ns
from contract.message import Block
from edge.remembered import STAMPS_KEPT, Heard, Known, News, Press
from edge.way import Way

B = TypeVar("B", bound=Block)

COPY_NS = ns(120)
"""A press with the number of one that was heard so short a time ago is that one, sent again. Later
the count has begun again: a device restarts more often than it repeats itself for minutes."""

UNTOLD = "kept by the broker, without a number or a time: it may be old, and nobody could tell"

NextBoot = Callable[[str], int]
"""Return a boot number that this device never had; it is remembered before it is used."""


class Arrivals:
    """Numbers and dates what comes, or says that it is here already.

    Parameters
    ----------
    next_boot
        Each run of the agent begins a new boot for whatever it numbers.
    known, stamps
        What an earlier run remembered.
    tell
        Is told of what is refused, and of clocks that are not believed.
    """

    def __init__(
        self,
        next_boot: NextBoot,
        known: Known | None = None,
        stamps: Iterable[str] = (),
        tell: Tell = lambda device, reason, *, partly=False: None,
    ) -> None:
        self._next_boot = next_boot
        self._known: Known = known or {}
        self._stamps: OrderedDict[str, None] = OrderedDict.fromkeys(stamps)
        self._given: dict[tuple[str, str], Heard] = {}
        self._tell = tell
        self._dating = Dating(tell)
        self._begun: set[str] = set()
        self._changed: set[tuple[str, str]] = set()
        self._new_stamps: list[str] = []
        self._forgotten: list[str] = []
        self.copies = 0
        """Messages that were here already."""

    def take(self, block: Block, way: Way, arrived_ns: int) -> Block | None:
        """Return a block as it goes on, with number and time; None for a copy, or what is refused.

        To be called once for each block that comes.
        """
        if self._was_delivered(way):
            self.copies += 1
            return None
        timed = way.timed and (way.believed or self._dating.can_be_true(block, arrived_ns))
        if way.delivery.retained and not way.numbered and not timed:
            self._tell(block.device, UNTOLD)
            return None
        if isinstance(block, EventBlock) and not way.believed:
            return self._press(block, way, timed, arrived_ns)
        numbered = self._numbered(block, way, timed)
        return numbered if way.believed else self._dating.dated(numbered, arrived_ns)

    def news(self) -> News:
        """Return what is to be remembered with the blocks of the next commit, once."""
        heard = {name: self._known[name] for name in self._changed}
        news = News(heard, tuple(self._new_stamps), tuple(self._forgotten))
        self._changed.clear()
        self._new_stamps.clear()
        self._forgotten.clear()
        return news

    def _was_delivered(self, way: Way) -> bool:
        stamp, begun = way.delivery.stamp, way.delivery.begun
        if begun is not None and begun not in self._begun:
            self._begun.add(begun)
            prefix = begun.partition(":")[0] + ":"
            self._forgotten.append(prefix)
            for each in [each for each in self._stamps if each.startswith(prefix)]:
                del self._stamps[each]
            self._new_stamps = [s for s in self._new_stamps if not s.startswith(prefix)]
        if stamp is None:
            return False
        if stamp in self._stamps:
            if way.delivery.again:
                return True
            self._stamps.move_to_end(stamp)
        self._stamps[stamp] = None
        self._new_stamps.append(stamp)
        if len(self._stamps) > STAMPS_KEPT:
            self._stamps.popitem(last=False)
        return False

    def _press(self, block: EventBlock, way: Way, timed: bool, arrived_ns: int) -> Block | None:
        name = (block.message, block.device)
        known = self._known.get(name)
        presses = known.presses if known is not None else ()
        own_boot = block.boot if "boot" in block.model_fields_set else None
        t_ns = block.t0_ns if timed else None
        new = Press(block.seq, own_boot, f"{block.event} {block.detail}", t_ns, arrived_ns)
        if any(_is_copy(new, press, way) for press in presses):
            self.copies += 1
            return None
        # Copies are known by now. A count that begins again, said or unsaid, must cost no press.
        counts_anew = any((p.seq, p.boot) == (new.seq, own_boot) for p in presses)
        stands = timed and any(press.t_ns == t_ns for press in presses)
        own = way.numbered and own_boot is not None and not counts_anew
        numbered = block if own else self._counted(block)
        heard = self._known.setdefault(name, Heard(numbered.boot, numbered.seq, t_ns))
        heard.presses.append(new)
        self._changed.add(name)
        return self._dating.dated(numbered, arrived_ns, stands=stands)

    def _numbered(self, block: B, way: Way, timed: bool) -> B:
        return self._completed(block, way, timed) if way.numbered else self._counted(block)

    def _counted(self, block: B) -> B:
        """Return the block with the next number of its device, whatever it had before."""
        name = (block.message, block.device)
        count = self._given.get(name)
        if count is None:
            count = self._given[name] = Heard(self._next_boot(block.device), -1, None)
        count.seq += 1
        return block.model_copy(update={"boot": count.boot, "seq": count.seq})

    def _completed(self, block: B, way: Way, timed: bool) -> B:
        """Return the block with a boot, if its device counts blocks but not its restarts.

        Such a device has restarted when its count falls while its time goes on: a repeated or
        reordered block is not later than those before it. What has no time of its own is of now,
        unless its broker says that it may be older.
        """
        if "boot" in block.model_fields_set:
            return block
        name = (block.message, block.device)
        t_ns = block.t0_ns if timed else None
        heard = self._known.get(name)
        may_be_old = way.delivery.may_be_old
        if heard is None:
            heard = self._known[name] = Heard(self._next_boot(block.device), block.seq, t_ns)
        elif block.seq > heard.seq:
            heard.seq = block.seq
            heard.t_ns = t_ns if heard.t_ns is None else max(heard.t_ns, t_ns or 0)
        elif not may_be_old if t_ns is None or heard.t_ns is None else t_ns > heard.t_ns:
            heard.boot, heard.seq, heard.t_ns = self._next_boot(block.device), block.seq, t_ns
        self._changed.add(name)
        return block.model_copy(update={"boot": heard.boot})


def _is_copy(new: Press, known: Press, way: Way) -> bool:
    """Whether a press is one that is remembered, sent again.

    A press is told from others by its number, or by the time on its device; of one without either
    every delivery is one. Two with the same number that are of unlike times are two.
    """
    if new.said != known.said:
        return False
    if new.t_ns is not None and known.t_ns is not None and new.t_ns != known.t_ns:
        return False
    if way.numbered:
        if (new.seq, new.boot) != (known.seq, known.boot):
            return False
    elif new.t_ns is None or known.t_ns is None:
        return False
    lately = 0 <= new.arrived_ns - known.arrived_ns <= COPY_NS
    return lately or way.delivery.may_be_old
