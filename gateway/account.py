"""What the gateway tells the backend of itself and of people, made once a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from contract.assignment import AssignmentBlock
from contract.instants import Clock, ns
from contract.report import MOST_PEOPLE, MOST_TAGS, Bound, Standing, TagCount, Whereabouts
from contract.standing import calls_of, evacuation_that_holds
from gateway.database import transaction
from gateway.errors import StoreError
from gateway.last_heard import OF_LATE_NS, LastHeard
from gateway.ledger import Ledger

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

WRITTEN_EVERY_NS = ns(10)
"""Signs of people are written so often: what a crash takes of them is in the recorder's tail."""

UnknownTags = Callable[[], Mapping[tuple[str, str], int]]
"""Reads of unknown tags by reader and tag."""


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """The gateway's account of one instant, for the backend. Any thread may read it."""

    unknown_tags: tuple[TagCount, ...] = ()
    standing: tuple[Standing, ...] = ()
    whereabouts: tuple[Whereabouts, ...] = ()
    bound: tuple[Bound, ...] = ()


class Accounts:
    """Belongs to the worker's thread, like the pipeline and the ledger that it reads."""

    def __init__(
        self, ledger: Ledger, census: LastHeard, unknown_tags: UnknownTags, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._census = census
        self._unknown_tags = unknown_tags
        self._clock = clock
        self._written_ns = 0
        self.latest = GatewayAccount()

    def look(self) -> None:
        """Make the newest account, and now and then write down who was heard when."""
        now_ns = self._clock()
        standing = tuple(
            stood.block
            for stood in self._ledger.standing.all()
            if not isinstance(stood.block, AssignmentBlock)
        )
        held = evacuation_that_holds(calls_of(standing))
        evacuation = held is not None and held.on
        counts = sorted(self._unknown_tags().items(), key=lambda item: -item[1])
        people = self._census.whereabouts(now_ns, evacuation=evacuation)
        if len(people) > MOST_PEOPLE:
            log.error("whereabouts-cut", people=len(people), told=MOST_PEOPLE)
        self.latest = GatewayAccount(
            unknown_tags=tuple(
                TagCount(reader=reader, tag=tag, count=count)
                for (reader, tag), count in counts[:MOST_TAGS]
            ),
            standing=standing,
            whereabouts=people[:MOST_PEOPLE],
            bound=tuple(self._ledger.memory.bound())[:MOST_PEOPLE],
        )
        if abs(now_ns - self._written_ns) >= WRITTEN_EVERY_NS:
            self.write()

    def write(self) -> None:
        """Write down who was heard when."""
        now_ns = self._clock()
        rows = self._census.changed()
        self._written_ns = now_ns
        if not rows:
            return
        try:
            with transaction(self._ledger.connection):
                self._ledger.memory.keep_heard(rows, now_ns - OF_LATE_NS)
        except StoreError as error:
            log.warning("heard-not-written", reason=str(error))
