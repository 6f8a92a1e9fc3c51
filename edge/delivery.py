"""What has been published and not acknowledged: when to send it again, and how much there may be.

Pure: the time comes in. A broker's PUBACK plays no part here, because it promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from contract.ack import Ack, Held
from contract.instants import ns
from edge.entry import BlockKey, Entry

FIRST_RESEND_S = 3.0
MAX_RESEND_S = 60.0
MAX_EVENT_RESEND_S = 6.0
"""Somebody has called for help: an event does not wait a minute for a gateway that came back."""
JITTER = 0.25
"""Share of a delay by which it varies, so that many agents do not all resend at one moment."""
MAX_BACKLOG_BYTES = 2_000_000
MAX_IN_FLIGHT_BYTES = 4_000_000
"""Beyond the backlog's share there is room for what is measured now, while old blocks drain."""


@dataclass(slots=True)
class _Flight:
    entry: Entry
    delay_ns: int
    due_ns: int = 0


class Delivery:
    """The blocks in flight, by device and boot."""

    def __init__(self, random: Random | None = None) -> None:
        # Not for secrets: only to spread resends.
        self._random = random or Random()
        self._flights: dict[tuple[str, str, int], dict[int, _Flight]] = {}
        self.blocks = 0
        self.bytes = 0

    def __contains__(self, key: BlockKey) -> bool:
        return key.seq in self._flights.get(key[:3], ())

    def has_room(self, *, for_backlog: bool = False) -> bool:
        """Whether more samples may go out. An event may always."""
        return self.bytes < (MAX_BACKLOG_BYTES if for_backlog else MAX_IN_FLIGHT_BYTES)

    def sent(self, entries: Iterable[Entry], now_ns: int) -> None:
        """Note that these were published: anew, or once more, which doubles their delay."""
        again: list[_Flight] = []
        for entry in entries:
            flights = self._flights.setdefault(entry.key[:3], {})
            flight = flights.get(entry.key.seq)
            if flight is None:
                flight = flights[entry.key.seq] = _Flight(entry, ns(FIRST_RESEND_S))
                self.blocks += 1
                self.bytes += len(entry.payload)
            else:
                longest_s = MAX_EVENT_RESEND_S if entry.is_event else MAX_RESEND_S
                flight.delay_ns = min(flight.delay_ns * 2, ns(longest_s))
            again.append(flight)
        self._put_off(again, now_ns)

    def due(self, now_ns: int) -> Sequence[Entry]:
        """Return what is to be sent again: events first, then oldest first."""
        late = [
            flight.entry
            for flights in self._flights.values()
            for flight in flights.values()
            if flight.due_ns <= now_ns
        ]
        return sorted(late, key=lambda entry: (not entry.is_event, entry.id))

    def settle(self, ack: Ack) -> int:
        """Forget what the gateway holds or refuses, and return how many blocks that were."""
        before = self.blocks
        for held in ack.devices:
            name = (held.block, held.device, held.boot)
            flights = self._flights.get(name, {})
            for seq in [seq for seq in flights if _settled(held, seq)]:
                self.bytes -= len(flights.pop(seq).entry.payload)
                self.blocks -= 1
            if not flights:
                self._flights.pop(name, None)
        return before - self.blocks

    def hurry(self, now_ns: int) -> None:
        """Start every delay afresh: the link, or the gateway, is back after a silence."""
        flights = [f for flights in self._flights.values() for f in flights.values()]
        latest_ns = [flight.due_ns for flight in flights]
        for flight in flights:
            flight.delay_ns = ns(FIRST_RESEND_S)
        self._put_off(flights, now_ns)
        for flight, due_ns in zip(flights, latest_ns, strict=True):
            flight.due_ns = min(flight.due_ns, due_ns)

    def _put_off(self, flights: Iterable[_Flight], now_ns: int) -> None:
        # One draw for all, so that what went out together goes out again together and in order;
        # and none for events, so that they go first.
        longer = 1 + self._random.uniform(0, JITTER)
        for flight in flights:
            share = 1.0 if flight.entry.is_event else longer
            flight.due_ns = now_ns + round(flight.delay_ns * share)


def _settled(held: Held, seq: int) -> bool:
    return any(first <= seq <= last for first, last in held.held) or any(
        refusal.seq == seq for refusal in held.refused
    )
