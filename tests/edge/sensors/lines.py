"""A driver's other end: what it emits and refuses, kept for a test to look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contract.instants import NS_PER_S
from contract.message import Block
from contract.reads import Read, ReadsBlock
from contract.site import About, Broker, Site
from edge.sensor import Context, Source
from edge.way import Way

NOW_NS = 1_780_000_000 * NS_PER_S
CONTEXT = Context(Site(site=About(id="hall-7")), "edge-1", Broker(), clock=lambda: NOW_NS)


class Lines:
    """Takes what one source says."""

    def __init__(self, *, settles: bool = True) -> None:
        self.blocks: list[Block] = []
        self.refused: list[tuple[str | None, str]] = []
        self.settled = 0
        self._settles = settles
        self._lock = threading.Lock()

    @property
    def reads(self) -> list[Read]:
        """Every read so far."""
        with self._lock:
            blocks = list(self.blocks)
        return [read for block in blocks if isinstance(block, ReadsBlock) for read in block.reads]

    @contextmanager
    def running(self, source: Source) -> Iterator[Source]:
        """Start a source, and stop it at the end."""
        source.start(self.emit, self.refuse)
        try:
            yield source
        finally:
            source.stop()

    def emit(
        self,
        block: Block,
        *,
        numbered: bool = True,
        settled: Callable[[], None] | None = None,
        way: Way | None = None,
    ) -> None:
        """Keep a block, as an agent's spool does."""
        assert way is not None
        assert not way.numbered, "vendors' readers count nothing"
        with self._lock:
            self.blocks.append(block)
        if settled is not None and self._settles:
            self.settled += 1
            settled()

    def refuse(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        """Keep a refusal."""
        with self._lock:
            self.refused.append((device, reason))
