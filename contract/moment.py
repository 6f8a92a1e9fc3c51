"""Whose clock says when something was. Pure.

Time that cannot be true costs the time, not the event. What lies in the future, or so far back that
the clock must have lost its time, is taken to be at its arrival, and what the device said is kept
beside it. What lies in the past is believed: it belongs to then.
"""

from __future__ import annotations

from typing import NamedTuple

from contract.instants import ns, seconds

AHEAD_NS = ns(300)
"""A device's clock may be so far ahead of ours: it costs nobody anything."""
BEHIND_NS = ns(7 * 86_400)
"""A broker keeps what is sent to an agent that is away; a clock further back has lost its time."""
NO_CLOCK_BEFORE_NS = ns(1_577_836_800)
"""2020. Whatever says less has lost its time; if that is our own clock, the device's is better."""
_UNITS = ((86_400 * 365.25, "years"), (86_400, "days"), (3600, "h"), (60, "min"), (1, "s"))


class Moment(NamedTuple):
    """When something was, and what its device said where that was not believed."""

    at_ns: int
    said_ns: int | None = None

    @property
    def doubt(self) -> str | None:
        """Why the device's clock was not believed, in words."""
        if self.said_ns is None:
            return None
        return f"its clock is {span(self.said_ns - self.at_ns)}: the time of arrival is taken"


def moment(
    said_ns: int | None, arrived_ns: int, *, ahead_ns: int = AHEAD_NS, behind_ns: int = BEHIND_NS
) -> Moment:
    """Return when something was that is said to have been at `said_ns`, and has arrived.

    >>> hour_ns, now_ns = 3_600_000_000_000, 1_800_000_000_000_000_000
    >>> moment(now_ns - hour_ns, now_ns) == Moment(now_ns - hour_ns)
    True
    >>> moment(now_ns + hour_ns, now_ns).doubt
    'its clock is 1 h ahead: the time of arrival is taken'
    >>> moment(1_609_459_205_000_000_000, now_ns).doubt
    'its clock is 6 years behind: the time of arrival is taken'
    """
    if said_ns is None:
        return Moment(arrived_ns)
    if arrived_ns < NO_CLOCK_BEFORE_NS < said_ns:
        return Moment(said_ns)
    if arrived_ns - behind_ns <= said_ns <= arrived_ns + ahead_ns:
        return Moment(said_ns)
    return Moment(arrived_ns, said_ns)


def span(ahead_ns: int) -> str:
    """Return how far ahead or behind, in the largest unit that says it: "90 s ahead".

    >>> span(5 * 365 * 86_400 * 10**9), span(-90 * 10**9)
    ('5 years ahead', '90 s behind')
    """
    return f"{length(abs(ahead_ns))} {'ahead' if ahead_ns >= 0 else 'behind'}"


def length(duration_ns: int) -> str:
    """Return a duration in the largest unit that leaves two of it, or one of what is left.

    >>> length(105 * 10**9), length(3600 * 10**9), length(7200 * 10**9)
    ('105 s', '1 h', '2 h')
    """
    duration_s = seconds(duration_ns)
    for unit_s, name in _UNITS:
        count = duration_s / unit_s
        if count >= 1.95 or abs(count - 1) < 0.02:
            return f"{count:.0f} {name}"
    return f"{duration_s:.0f} s"
