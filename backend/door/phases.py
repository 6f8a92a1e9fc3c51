"""What a connection is doing, how long it may, and who gives way when there are too many. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar


class Phase(StrEnum):
    """What is waited for on a connection."""

    HEADERS = "headers"
    """The head of a request is not whole."""
    IDLE = "idle"
    """Answered; a next request may come."""
    BODY = "body"
    """The body of a request is not whole."""
    WORKING = "working"
    """The answer is being made or sent."""
    UNREAD = "unread"
    """The other side does not read its answer."""
    STREAM = "stream"
    """Events, for as long as somebody looks."""
    CLOSING = "closing"
    """Closed by us; what was written last is still going out."""


class PhaseLimit(NamedTuple):
    """A row of the table."""

    longest_s: float | None
    """How long it may last; None: as long as it does."""
    yields: int | None
    """Lower gives way first to a newcomer when there are too many; None never does."""


RULES: dict[Phase, PhaseLimit] = {
    Phase.CLOSING: PhaseLimit(2, 0),
    Phase.HEADERS: PhaseLimit(10, 1),
    Phase.IDLE: PhaseLimit(15, 2),
    Phase.UNREAD: PhaseLimit(20, 3),
    Phase.BODY: PhaseLimit(30, 4),
    Phase.STREAM: PhaseLimit(None, 5),
    Phase.WORKING: PhaseLimit(None, None),
}
PROVED_YIELDS = 6
"""An idle connection whose last request was the gateway's, or anybody's with the token: after all
others. Nobody can take its place by holding many."""
ANSWER_S = 300
"""From a request's head to the end of its answer, however steadily it drips. A film of 25 MB over
1 Mbit/s takes 200 s."""
GRACE_S = 1.0
"""Among those who have shown nothing, whoever is younger gives way last: an honest request is over
by then. Nobody is spared for that before a live page or the gateway."""


class InPhase(Protocol):
    """What the table knows of a connection."""

    @property
    def phase(self) -> Phase:
        """What the connection is doing."""

    @property
    def since_s(self) -> float:
        """Since when, on the loop's clock."""

    @property
    def proved(self) -> bool:
        """Whether its last request was let in by the API."""


H = TypeVar("H", bound=InPhase)


def gives_way(held: Iterable[H], now_s: float) -> H | None:
    """Return which connection is closed for a newcomer; None when all of them are being served."""
    ranked = [(rank, each.since_s, each) for each in held if (rank := rank_of(each)) is not None]
    if not ranked:
        return None
    lasting = RULES[Phase.STREAM].yields or 0

    def order(one: tuple[int, float, H]) -> tuple[bool, bool, int, float]:
        rank, since_s, _ = one
        return rank >= lasting, now_s - since_s < GRACE_S, rank, since_s

    return min(ranked, key=order)[2]


def overdue(phase: Phase, since_s: float, asked_s: float | None, now_s: float) -> bool:
    """Whether a connection has been at one thing for too long.

    Parameters
    ----------
    since_s
        When it began what it is doing.
    asked_s
        When the request came that it is answering; None when there is none.
    """
    longest_s = RULES[phase].longest_s
    if longest_s is not None and now_s - since_s > longest_s:
        return True
    return asked_s is not None and phase is not Phase.STREAM and now_s - asked_s > ANSWER_S


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the 64 bits that one customer has.

    >>> network_of("10.0.0.7"), network_of("::ffff:10.0.0.7"), network_of("2001:db8:1:2:3::4")
    ('10.0.0.7', '10.0.0.7', '2001:db8:1:2::')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)).network_address)
    return str(found)


def rank_of(held: InPhase) -> int | None:
    """Return how soon a connection gives way: lower is sooner, None is never."""
    if held.phase is Phase.IDLE and held.proved:
        return PROVED_YIELDS
    return RULES[held.phase].yields
