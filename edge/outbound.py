"""The way of a block: into the spool, out to the broker, again until acknowledged, and gone.

Old blocks go oldest first, events before them. While a long backlog drains, what is measured now
goes out beside it: somebody may be falling at this moment. For one thread.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from contract.ack import Ack
from contract.instants import Clock, ns
from contract.message import Block
from edge import batching
from edge.delivery import Delivery
from edge.entry import Entry
from edge.link import Link
from edge.remembered import News
from edge.spool import NOTHING, Spool

log = structlog.get_logger(__name__)

PAGE = 256
"""Blocks that are read from the spool at a time."""
SILENCE_S = 10.0
"""A gateway that answers after this long a silence is told at once what it may have missed."""


class Outbound:
    """Spool, deliveries under way, and link."""

    def __init__(
        self, agent: str, spool: Spool, link: Link, clock: Clock, monotonic: Clock
    ) -> None:
        self._agent = agent
        self._spool = spool
        self._link = link
        self._clock = clock
        self._monotonic = monotonic
        self._delivery = Delivery()
        self._behind = True
        """There may be spooled blocks that were not sent since the agent started."""
        self._sent_to = 0
        self._events_sent_to = 0
        self._last_ack_ns = monotonic()

    def take_in(self, blocks: Sequence[Block], news: News = NOTHING) -> None:
        """Spool these in one commit, then send them if the line and the room are there."""
        new = self._spool.put(blocks, news)
        first = [entry for entry in new if entry.is_event]
        rest = [entry for entry in new if not entry.is_event]
        self._send(first)
        if rest and self._may_send() and self._delivery.has_room():
            self._send(rest)
        elif rest:
            self._behind = True

    def acknowledged(self, acks: Sequence[Ack]) -> None:
        """Empty the spool of what the gateway holds, and go on with what waits."""
        self._spool.acknowledge(*acks)
        for ack in acks:
            self._delivery.settle(ack)
        now_ns = self._monotonic()
        if now_ns - self._last_ack_ns > ns(SILENCE_S):
            self._delivery.hurry(now_ns)
        self._last_ack_ns = now_ns
        self.catch_up()

    def connected(self) -> None:
        """Send what waited, now that the line is up (again)."""
        self._delivery.hurry(self._monotonic())
        self.catch_up()

    def catch_up(self) -> None:
        """Send spooled blocks that were not sent yet: events, then as many samples as may be."""
        while self._behind and self._link.is_up:
            events = self._spool.unacknowledged(PAGE, after=self._events_sent_to, events_only=True)
            if not events:
                break
            if not self._send_unsent(events):
                return
            self._events_sent_to = events[-1].id
        while self._behind and self._may_send() and self._delivery.has_room(for_backlog=True):
            entries = self._spool.unacknowledged(PAGE, after=self._sent_to)
            if not entries:
                self._behind = False
            elif not self._send_unsent(entries):
                return
            else:
                self._sent_to = entries[-1].id

    def resend(self) -> None:
        """Send again what was sent a while ago and not acknowledged."""
        late = self._delivery.due(self._monotonic()) if self._link.is_up else ()
        if self._link.is_congested:
            late = [entry for entry in late if entry.is_event]
        if late:
            log.debug("sending again", blocks=len(late))
            self._send(late)
        self.catch_up()

    def look_again(self) -> None:
        """Go through the whole spool again if it holds blocks that are not under way."""
        if self._spool.blocks > self._delivery.blocks:
            self._behind = True
            self._sent_to = self._events_sent_to = 0
            self.catch_up()

    def _may_send(self) -> bool:
        return self._link.is_up and not self._link.is_congested

    def _send_unsent(self, entries: Sequence[Entry]) -> bool:
        return self._send([entry for entry in entries if entry.key not in self._delivery])

    def _send(self, entries: Sequence[Entry]) -> bool:
        for run in batching.batches(entries):
            payload = batching.payload(self._agent, self._link.session, self._clock(), run)
            if not self._link.publish_batch(payload):
                self._behind = True
                return False
            self._delivery.sent(run, self._monotonic())
        return True
