"""One person's zone out of noisy badge reads: votes on a fixed time grid, hysteresis and dwell.

Reads go back in time, antennas overlap, bodies shadow tags: one read in a zone is no presence. So a
zone must lead the votes of the last seconds for `enter_s` before it is believed, and keeps its
person until another has led as long, or until the badge has been silent for `gone_s`.

Time is judged on a grid, and only up to `reorder_s` before the latest read or tick. So neither the
order of reads inside that time nor where blocks were cut changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from contract.instants import NS_PER_S, ns

GRID_NS = NS_PER_S // 4


class Heard(NamedTuple):
    """One read of one of the person's badges, at an antenna whose zone is known."""

    t_ns: int
    zone: str
    weight: float
    device: str


def weight(rssi_dbm: float | None) -> float:
    """Return how much a read counts: 20 dB closer counts tenfold, within reason.

    >>> weight(None), weight(-60.0), weight(-40.0), weight(-120.0)
    (1.0, 1.0, 10.0, 0.1)
    """
    if rssi_dbm is None:
        return 1.0
    return float(min(10.0, max(0.1, 10 ** ((rssi_dbm + 60.0) / 20.0))))


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    """How reads become presence. Seconds, and a share of the votes."""

    window_s: float
    enter_s: float
    gone_s: float
    reorder_s: float
    share: float
    reads: int


@dataclass(frozen=True, slots=True)
class Presence:
    """Where one person is believed to be, and the reads that may still change it."""

    heard: tuple[Heard, ...] = ()
    judged: int | None = None
    """The last grid number that was judged."""
    newest_ns: int = 0
    zone: str | None = None
    since_ns: int = 0
    last_heard_ns: int = 0
    rival: str | None = None
    rival_since_ns: int = 0
    device: str | None = None
    late_reads: int = 0

    @property
    def at_ns(self) -> int:
        """The moment that was judged last."""
        return (self.judged or 0) * GRID_NS

    def hear(self, read: Heard, settings: PresenceSettings) -> tuple[Presence, list[Presence]]:
        """Return the presence after one read, and every judged moment on the way."""
        if self.judged is not None and read.t_ns <= self.judged * GRID_NS:
            if read.t_ns <= self.last_heard_ns:
                return replace(self, late_reads=self.late_reads + 1), []
            # Only time has passed since, not reads: an agent that was cut off delivers now.
            rewound = read.t_ns // GRID_NS - 1
            return replace(self, judged=rewound, newest_ns=rewound * GRID_NS).hear(read, settings)
        if read in self.heard:
            return self, []
        moments: list[Presence] = []
        now = self
        if self.judged is None:
            now = replace(now, judged=read.t_ns // GRID_NS - ns(settings.reorder_s) // GRID_NS - 1)
        now = replace(now, heard=(*now.heard, read))
        return now.reach(read.t_ns, settings, moments), moments

    def reach(self, at_ns: int, settings: PresenceSettings, moments: list[Presence]) -> Presence:
        """Judge every grid moment up to `reorder_s` before `at_ns`, noting each in `moments`."""
        if self.judged is None or at_ns <= self.newest_ns:
            return self
        until = (at_ns - ns(settings.reorder_s)) // GRID_NS
        now = replace(self, newest_ns=at_ns)
        if self.judged >= until:
            return now
        # After a long silence only the moments that can differ are judged one by one.
        horizon = ns(settings.gone_s + settings.window_s) // GRID_NS + 1
        latest = max((read.t_ns for read in now.heard), default=now.last_heard_ns) // GRID_NS
        number = self.judged
        while number < until:
            number += 1
            if number > latest + horizon:
                number = until
            now = now._judge(number, settings)
            moments.append(now)
        return now

    def _judge(self, number: int, settings: PresenceSettings) -> Presence:
        at_ns = number * GRID_NS
        old_ns = at_ns - ns(settings.window_s)
        heard = tuple(sorted(read for read in self.heard if read.t_ns > old_ns))
        now = replace(self, heard=heard, judged=number)
        votes = [read for read in heard if read.t_ns <= at_ns]
        if votes:
            now = replace(now, last_heard_ns=max(now.last_heard_ns, votes[-1].t_ns))
        leader = _leader(votes, settings)
        if now.zone is not None and at_ns - now.last_heard_ns > ns(settings.gone_s):
            return replace(now, zone=None, rival=None, since_ns=at_ns)
        if leader is None or leader == now.zone:
            return replace(now, rival=None)
        if leader != now.rival:
            return replace(now, rival=leader, rival_since_ns=at_ns)
        if at_ns - now.rival_since_ns < ns(settings.enter_s):
            return now
        device = next(read.device for read in reversed(votes) if read.zone == leader)
        return replace(now, zone=leader, since_ns=now.rival_since_ns, rival=None, device=device)


def _leader(votes: list[Heard], settings: PresenceSettings) -> str | None:
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    for read in votes:
        weights[read.zone] = weights.get(read.zone, 0.0) + read.weight
        counts[read.zone] = counts.get(read.zone, 0) + 1
    if not weights:
        return None
    best = max(weights, key=lambda zone: (weights[zone], zone))
    enough = counts[best] >= settings.reads
    return best if enough and weights[best] >= settings.share * sum(weights.values()) else None
