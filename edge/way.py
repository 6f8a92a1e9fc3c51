"""How a block came to the agent, as far as its driver can tell."""

from __future__ import annotations

from typing import NamedTuple


class Delivery(NamedTuple):
    """What a broker says of a message that it delivers."""

    retained: bool = False
    """It was kept for newcomers: it may be of any age."""
    again: bool = False
    """It may have been delivered before."""
    stamp: str | None = None
    """The same for every delivery of one message in one session, and of no other one's."""
    begun: str | None = None
    """The session, where the broker began it while we run: stamps of its like from before are of
    another one. They begin as this does, up to the colon."""

    @property
    def may_be_old(self) -> bool:
        """Whether it need not be of now."""
        return self.retained or self.again

    def part(self, number: int) -> Delivery:
        """Return the delivery of one of several parts of a message."""
        return self if self.stamp is None else self._replace(stamp=f"{self.stamp}/{number}")


DIRECT = Delivery()
"""Nobody stood between, or nobody that says anything."""


class Way(NamedTuple):
    """What is known of a block's number, its time and its delivery."""

    numbered: bool = True
    """The device counts its own blocks."""
    timed: bool = True
    """The time is the device's own, and not that of its arrival."""
    believed: bool = False
    """Of a program, as a replay, whose time is right whatever our clock says."""
    delivery: Delivery = DIRECT


OWN = Way()
"""A block that has both number and time, and that nobody repeats."""
