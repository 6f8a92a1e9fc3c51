"""What is believed of where one person is, and what was heard that may still change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from contract.instants import NS_PER_S, seconds
from detectors.zone.tags import Trace

GRID_NS = NS_PER_S // 4
"""Moments are judged on this grid, so that where blocks were cut changes nothing."""

COORDINATE = -1
"""In place of an antenna's number, of a read that says where the tag is."""


class Heard(NamedTuple):
    """A read as it waits for its moment. Sorts by time."""

    t_ns: int
    point: int
    level_dbm: float
    tag: str
    told: float
    """What `Ears` makes of the level."""
    inside: tuple[tuple[int, float], ...] = ()
    """Of a coordinate: zones by number, and how probable each is."""


class Passed(NamedTuple):
    """A door event as it waits for its moment. Sorts by time."""

    t_ns: int
    door: str
    direction: str


class Seen(NamedTuple):
    """The last that was heard of a person."""

    t_ns: int
    device: str
    point: str
    tag: str
    zone: str | None
    """The zone that the antenna hangs in, or that the coordinate or door leads to."""


class Stay(NamedTuple):
    """A zone that a person is in."""

    zone: str
    since_ns: int
    """When the estimate says that they came."""
    confidence: float
    """The probability of the zone now, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Mind:
    """What a judgement goes on from: the belief, and how it came about."""

    belief: bytes = b""
    """Probabilities of the zones and of elsewhere, as float64; empty before anything was heard."""
    believed: int = 0
    """The grid number that the belief is of; 0 for none."""
    settled: bool = False
    """No doubt is left where they are: moments are judged half as often."""
    begun: int | None = None
    """The grid number with which the present spell of being heard began."""
    spell_reads: int = 0
    """How many reads this spell has had."""
    heard_ns: int = 0
    """The latest read or passage that was judged."""
    door_ns: int = 0
    """The last door event that was judged: an older one, or a copy, says nothing new."""
    rival: int | None = None
    """The zone that is more probable than the one the person is in, since `rival_since`."""
    rival_since: int = 0
    candidate: int | None = None
    """The zone that has been probable enough since `candidate_since`, and is not yet believed."""
    candidate_since: int = 0
    traces: tuple[Trace, ...] = ()
    """How each tag has been heard, of a person who has several."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What is believed of one person. Compare it, pickle it; it is never changed in place."""

    person: str
    stays: tuple[Stay, ...] = ()
    """Where they are: one exclusive zone first, then the zones that it lies in; empty: nowhere."""
    last_seen: Seen | None = None
    late_reads: int = 0
    """Reads that came too late to be judged."""
    newest_ns: int = 0
    """The latest read or door event."""
    judged: int | None = None
    """The last grid number that was judged."""
    heard: tuple[Heard, ...] = ()
    """The reads of the last look, and those that wait."""
    passed: tuple[Passed, ...] = ()
    """Door events that wait."""
    mind: Mind = Mind()

    @property
    def zone(self) -> str | None:
        """The innermost zone that the person is in."""
        return self.stays[0].zone if self.stays else None

    @property
    def since_ns(self) -> int:
        """The instant from which they are in that zone; 0 in none."""
        return self.stays[0].since_ns if self.stays else 0

    @property
    def confidence(self) -> float:
        """How probable it is now."""
        return self.stays[0].confidence if self.stays else 0.0

    @property
    def judged_ns(self) -> int:
        """Up to when everything that was heard has been judged."""
        return (self.judged or 0) * GRID_NS

    def silent_s(self, at_ns: int) -> float | None:
        """Return for how long nothing has been heard; None if nothing ever was."""
        return None if self.last_seen is None else seconds(at_ns - self.last_seen.t_ns)
