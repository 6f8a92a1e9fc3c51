"""What is known of one device's blocks of one kind since one boot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from detectors.lane import Lane
from detectors.seqwindow import SeqWindow, Verdict

BOOTS_KEPT = 4
"""Blocks of a device's former boots may still arrive from a spool. Older ones start afresh."""
AUTHORS_KEPT = 4
"""Agents that spoke for a device: one, but for the hour in which it is given to another."""
STRANGERS_KEPT = 256
"""Devices that the site file does not know. A gateway refuses them; a replay may not."""


@dataclass(slots=True)
class Source:
    """The numbers that were seen of each author, and each detector's lane."""

    lanes: tuple[Lane, ...]
    windows: dict[str, SeqWindow] = field(default_factory=dict)

    def note(self, author: str, seq: int) -> Verdict:
        """Note a number of an author's, and say whether it was new, seen, or too old to tell."""
        window = self.windows.get(author)
        if window is None:
            window = self.windows[author] = SeqWindow()
            if len(self.windows) > AUTHORS_KEPT:
                del self.windows[next(iter(self.windows))]
        return window.add(seq)


class Sources:
    """The sources by device, kind of block and boot. What was not heard for longest goes first."""

    def __init__(
        self, begin: Callable[[str, str], tuple[Lane, ...]], known: frozenset[str]
    ) -> None:
        self._begin = begin
        self._known = known
        self._boots: dict[tuple[str, str], OrderedDict[int, Source]] = {}
        self._strangers: OrderedDict[tuple[str, str], None] = OrderedDict()

    def of(self, device: str, message: str, boot: int) -> Source:
        """Return the source of a block, a new one if need be."""
        key = (device, message)
        boots = self._boots.get(key)
        if boots is None:
            boots = self._boots[key] = OrderedDict()
        source = boots.get(boot)
        if source is None:
            source = boots[boot] = Source(self._begin(device, message))
            if len(boots) > BOOTS_KEPT:
                boots.popitem(last=False)
        elif len(boots) > 1:
            boots.move_to_end(boot)
        if device not in self._known:
            self._note_stranger(key)
        return source

    def latest(self) -> Iterator[tuple[str, Source]]:
        """Yield each device, and the source of the boot that was heard last."""
        for (device, _), boots in self._boots.items():
            yield device, next(reversed(boots.values()))

    def __len__(self) -> int:
        return sum(len(boots) for boots in self._boots.values())

    def _note_stranger(self, key: tuple[str, str]) -> None:
        self._strangers[key] = None
        self._strangers.move_to_end(key)
        if len(self._strangers) > STRANGERS_KEPT:
            self._boots.pop(self._strangers.popitem(last=False)[0])
