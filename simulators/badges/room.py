"""The room of a recording as a site, and one badge followed through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contract.hearing import Hearing
from contract.instants import NS_PER_S, ns
from contract.reads import Read
from contract.site import About, Device, Site
from contract.zone import Zone
from detectors.zone.crossing import Crossing
from detectors.zone.presence import PresenceModel, PresenceSettings
from simulators.badges.recording import READER, BadgeRead

BLOCK_READS = 8
"""The reads are handed over in blocks of so many, in the reader's order. Where they are cut changes
nothing; a test holds that."""
STEP_NS = NS_PER_S // 4


def room(zone_of: Mapping[str, str], zones: Iterable[str], hearing: Sequence[Hearing]) -> Site:
    """Return a site of one reader whose antennas stand in these zones."""
    return Site(
        site=About(id="room"),
        zone=tuple(Zone(id=zone) for zone in dict.fromkeys((*zone_of.values(), *zones))),
        device=(Device(id=READER, kind="reader", points=dict(zone_of)),),
        hearing=tuple(hearing),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A zone that somebody is said to have come into, and when that was decided."""

    at_s: float
    zone: str | None
    """None: said to have left, and to be nowhere."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where somebody was said to be, from the first read on."""

    entries: tuple[Entry, ...]
    lasts_s: float

    def share(self, zones: Iterable[str], from_s: float) -> float:
        """Return the share of the time after `from_s` in which one of the zones was named."""
        allowed = frozenset(zones)
        right_s = sum(
            max(0.0, until_s - max(at_s, from_s))
            for at_s, until_s, zone in self.spans()
            if zone in allowed
        )
        return right_s / max(self.lasts_s - from_s, 1e-9)

    def spans(self) -> list[tuple[float, float, str | None]]:
        """Return from when to when each zone was named."""
        ends = [*(entry.at_s for entry in self.entries[1:]), self.lasts_s]
        return [
            (entry.at_s, min(end, self.lasts_s), entry.zone)
            for entry, end in zip(self.entries, ends, strict=False)
        ]

    def first(self, zones: Iterable[str], after_s: float = 0.0) -> float | None:
        """Return when one of the zones was first named after `after_s`; None if never."""
        allowed = frozenset(zones)
        return next((e.at_s for e in self.entries if e.zone in allowed and e.at_s >= after_s), None)

    def wrong(self, zones: Iterable[str]) -> int:
        """Return how often somebody was said to come into a zone that is none of these."""
        allowed = frozenset(zones)
        return sum(e.zone is not None and e.zone not in allowed for e in self.entries)


def follow(
    site: Site, reads: Sequence[BadgeRead], settings: PresenceSettings | None = None
) -> Course:
    """Follow one badge with the presence estimator, as the gateway would.

    After the last read comes as much time as reads may be late, so that all of them are judged.
    """
    settings = settings or PresenceSettings()
    model = PresenceModel.of(site, settings.model_copy(update={"await_s": settings.reorder_s}))
    presence = model.start("walker")
    crossings: list[Crossing] = []
    for first in range(0, len(reads), BLOCK_READS):
        block = [
            Read(tag=r.tag, point=r.point, t_ns=r.t_ns, rssi_dbm=r.rssi_dbm)
            for r in reads[first : first + BLOCK_READS]
        ]
        presence, new = model.observe(presence, READER, block)
        crossings += new
    begin_ns, end_ns = min(read.t_ns for read in reads), max(read.t_ns for read in reads)
    for at_ns in range(end_ns, end_ns + ns(settings.reorder_s) + STEP_NS, STEP_NS):
        presence, new = model.reach(presence, at_ns)
        crossings += new
    lasts_s = (end_ns - begin_ns) / NS_PER_S
    entries: list[Entry] = []
    for crossing in crossings:
        at_s = (crossing.decided_ns - begin_ns) / NS_PER_S
        if crossing.direction == "entry":
            if entries and entries[-1].zone is None and entries[-1].at_s == at_s:
                entries.pop()
            entries.append(Entry(at_s, crossing.zone))
        else:
            entries.append(Entry(at_s, None))
    return Course(tuple(entries), lasts_s)
