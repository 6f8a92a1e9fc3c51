"""Whom the plant scores: the real pipeline, and two rules that people build first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.reads import ReadsBlock
from contract.site import Site
from detectors.catalogue import build
from detectors.outcome import Outcome
from detectors.pipeline import Pipeline
from simulators.errors import AccuracyError
from simulators.plant.alarm import Alarm

REJOIN_NS = ns(20)
"""Both rules take a return within this as the same breach, as the detector does."""


class Detector:
    """The pipeline with the `zone` detector, as a gateway runs it."""

    def __init__(self, site: Site) -> None:
        self._pipeline = Pipeline(site, build(site))

    def feed(self, block: ReadsBlock) -> Iterable[Alarm]:
        """Take in a block, and return who is said to be where they must not be."""
        return _alarms(self._pipeline.feed(block))

    def tick(self, at_ns: int) -> Iterable[Alarm]:
        """Let time pass."""
        return _alarms(self._pipeline.tick(at_ns))

    def zone_of(self, person: str) -> str | None:
        """Return where somebody is believed to be."""
        return self._pipeline.zone_of(person)


def _alarms(outcome: Outcome) -> list[Alarm]:
    for fault in outcome.faults:  # it starts afresh, so no figure would be worth anything
        raise AccuracyError(f"the {fault.detector} detector raised: {fault.reason}")
    return [
        Alarm(d.person, d.zone)
        for d in outcome.detections
        if d.kind == DetectionKind.ZONE_BREACH and d.phase == "onset" and d.person and d.zone
    ]


class _Rule:
    """Keeps the reads of the last `window_s` of everybody, and alarms when a zone is named."""

    window_s: float

    def __init__(self, site: Site) -> None:
        self._person = dict(site.wearer_of_tag)
        self._zone = {(d.id, p): zone for d in site.device for p, zone in d.points.items()}
        self._forbidden = {
            (wearer.id, zone.id)
            for zone in site.zone
            if zone.hazard != "none"
            for wearer in site.wearer
            if wearer.id not in zone.wearers and not set(wearer.roles) & set(zone.roles)
        }
        self._heard: dict[str, deque[tuple[int, str, float]]] = {}
        self._where: dict[str, str] = {}
        self._last: dict[tuple[str, str], int] = {}

    def feed(self, block: ReadsBlock) -> Iterator[Alarm]:
        """Take in a block."""
        touched: dict[str, int] = {}
        for read in block.reads:
            person = self._person.get(read.tag)
            zone = self._zone.get((block.device, read.point))
            if person is None or zone is None or read.rssi_dbm is None:
                continue
            self._heard.setdefault(person, deque()).append((read.t_ns, zone, read.rssi_dbm))
            touched[person] = max(touched.get(person, 0), read.t_ns)
        for person, now_ns in touched.items():
            yield from self._look(person, now_ns)

    def tick(self, at_ns: int) -> Iterable[Alarm]:
        """Nothing happens by time alone."""
        return ()

    def zone_of(self, person: str) -> str | None:
        """Return the zone that was named last."""
        return self._where.get(person)

    def _look(self, person: str, now_ns: int) -> Iterator[Alarm]:
        heard = self._heard[person]
        while heard and heard[0][0] < now_ns - ns(self.window_s):
            heard.popleft()
        zone = self._named(person, heard, now_ns)
        if zone is None:
            return
        self._where[person] = zone
        key = (person, zone)
        if key in self._forbidden:
            if now_ns - self._last.get(key, -REJOIN_NS) >= REJOIN_NS:
                yield Alarm(person, zone)
            self._last[key] = now_ns

    def _named(self, person: str, heard: deque[tuple[int, str, float]], now_ns: int) -> str | None:
        raise NotImplementedError


class StrongestAntenna(_Rule):
    """Somebody is where the strongest antenna of the last second is."""

    window_s = 1.0

    def _named(self, person: str, heard: deque[tuple[int, str, float]], now_ns: int) -> str | None:
        return max(heard, key=lambda read: read[2])[1] if heard else None


class DwellCounter(_Rule):
    """Somebody is where most reads of the last three seconds are, once that holds for two."""

    window_s = 3.0
    dwell_s = 2.0

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._leads: dict[str, tuple[str, int]] = {}

    def _named(self, person: str, heard: deque[tuple[int, str, float]], now_ns: int) -> str | None:
        counts: dict[str, int] = {}
        for _, zone, _ in heard:
            counts[zone] = counts.get(zone, 0) + 1
        best = max(counts, key=lambda zone: (counts[zone], zone))
        leader, since_ns = self._leads.get(person, (None, now_ns))
        if best != leader:
            self._leads[person] = (best, now_ns)
            return self._where.get(person)
        return best if now_ns - since_ns >= ns(self.dwell_s) else self._where.get(person)
