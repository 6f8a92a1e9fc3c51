"""Who is handed off next, when not all can be: lanes by tier, by receiver and by try. Pure.

Each channel has places of its own, so a channel that hangs delays no other. Within a channel

- some places are for SEV1 alone;
- one receiver never has more places than are still free, so a mailbox that hangs leaves room;
- retries have at most half of a lane, so nobody's first try waits behind them;
- a receiver that did not take the newest page is asked again by one retry at a time
  (`backend/paging/refusing.py`), until it takes one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contract.severity import Severity

PLACES = 24
"""Hand-offs at a time on one channel, of whatever tier."""
SEV1_PLACES = 8
"""And so many more, which nothing but SEV1 may take."""


class SendingLane(StrEnum):
    """The places that a page may take."""

    COMMON = "common"
    SEV1 = "sev1"


SIZES = {SendingLane.COMMON: PLACES, SendingLane.SEV1: SEV1_PLACES}


@dataclass(frozen=True)
class WaitingPage:
    """A page that is due."""

    id: int
    channel: str
    severity: Severity
    receiver: str | None
    """A mailbox, a number. None where the channel has one receiver for everybody."""
    retry: bool
    """It was tried before, and not taken."""
    due_ns: int

    @property
    def order(self) -> tuple[bool, int, int, int]:
        """First tries before retries, then the worst, then the oldest."""
        return self.retry, self.severity.rank, self.due_ns, self.id


@dataclass
class LanePlaces:
    """One lane of one channel, and who is in it."""

    size: int
    taken: int = 0
    retries: int = 0
    by_receiver: Counter[str] = field(default_factory=Counter)

    @property
    def free(self) -> int:
        """How many are left."""
        return self.size - self.taken

    def has_room(self, receiver: str | None, *, retry: bool) -> bool:
        """Whether this one may come in."""
        if self.free <= 0 or (retry and self.retries >= max(1, self.size // 2)):
            return False
        return receiver is None or self.by_receiver[receiver] < self.free

    def enter(self, receiver: str | None, *, retry: bool) -> None:
        """Take a place."""
        self.taken += 1
        self.retries += retry
        if receiver is not None:
            self.by_receiver[receiver] += 1


@dataclass
class ChannelRoom:
    """A channel's places, by lane."""

    lanes: dict[SendingLane, LanePlaces] = field(
        default_factory=lambda: {lane: LanePlaces(size) for lane, size in SIZES.items()}
    )
    most_retries: Mapping[str | None, int] = field(default_factory=dict)
    """How many retries a receiver may have at a time, where that is limited."""
    retries: Counter[str | None] = field(default_factory=Counter)

    def rests(self, page: WaitingPage) -> bool:
        """Whether a page waits for nothing but its receiver, who has just refused another."""
        most = self.most_retries.get(page.receiver)
        return page.retry and most is not None and self.retries[page.receiver] >= most

    def lane_for(self, page: WaitingPage) -> SendingLane | None:
        """Return the lane that has room for a page, the common one first."""
        if self.rests(page):
            return None
        for lane, places in self.lanes.items():
            if lane is SendingLane.SEV1 and page.severity != Severity.SEV1:
                continue
            if places.has_room(page.receiver, retry=page.retry):
                return lane
        return None

    def enter(self, lane: SendingLane, receiver: str | None, *, retry: bool) -> None:
        """Take a place."""
        self.lanes[lane].enter(receiver, retry=retry)
        self.retries[receiver] += retry

    @property
    def full(self) -> bool:
        """Whether nobody could come in, whoever it is."""
        return all(places.free <= 0 for places in self.lanes.values())


@dataclass(frozen=True)
class LaneChoice:
    """Who goes now, in which lane, and who has to wait for a place."""

    going: dict[int, SendingLane]
    waiting: tuple[WaitingPage, ...]


def choose(rooms: dict[str, ChannelRoom], due: Iterable[WaitingPage]) -> LaneChoice:
    """Give the places that are free to those who come first. The rooms are filled by it."""
    going: dict[int, SendingLane] = {}
    waiting: list[WaitingPage] = []
    for page in sorted(due, key=lambda page: page.order):
        room = rooms[page.channel]
        lane = room.lane_for(page)
        if lane is None:
            waiting.append(page)
        else:
            room.enter(lane, page.receiver, retry=page.retry)
            going[page.id] = lane
    return LaneChoice(going, tuple(waiting))
