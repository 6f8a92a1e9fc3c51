"""Runs watchers over one plant, side by side, and scores them against its truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contract.instants import NS_PER_S, ns, seconds
from contract.severity import Hazard
from contract.site import Site
from simulators.plant.alarm import Alarm, Watcher
from simulators.plant.plant import BLOCK_S, START_NS, Delivery, Plant
from simulators.plant.progress import Progress, silent
from simulators.plant.scoring import Follower, Raised, Tally, score
from simulators.plant.watchers import Detector, DwellCounter, StrongestAntenna

WATCHERS: Mapping[str, Callable[[Site], Watcher]] = {
    "floorwatch": Detector,
    "strongest antenna": StrongestAntenna,
    "dwell counter": DwellCounter,
}


@dataclass(slots=True)
class Run:
    """One watcher, what it said, and the processor time that it took."""

    watcher: Watcher
    follower: Follower
    alarms: list[Raised] = field(default_factory=list)
    spent_s: float = 0.0

    def take(self, deliveries: Sequence[Delivery], until_ns: int, tick: bool) -> None:
        """Feed a quarter of a second's blocks, timed, then see where people are believed to be."""
        given: list[tuple[int, Alarm]] = []
        begun_s = time.process_time()
        for delivery in deliveries:
            given += [(delivery.at_ns, alarm) for alarm in self.watcher.feed(delivery.block)]
        if tick:
            given += [(until_ns, alarm) for alarm in self.watcher.tick(until_ns)]
        self.spent_s += time.process_time() - begun_s
        self.alarms += [Raised(a.person, a.zone, seconds(at - START_NS)) for at, a in given]
        self.follower.look(seconds(until_ns - START_NS), self.watcher.zone_of)


@dataclass(frozen=True, slots=True)
class Result:
    """What one watcher reached."""

    name: str
    tallies: Mapping[Hazard, Tally]
    reads_a_second: float
    follow_s: Sequence[float]
    follow_missed: int


@dataclass(frozen=True, slots=True)
class PlantScores:
    """A plant and what every watcher made of it."""

    zones: int
    badges: int
    readers: int
    antennas: int
    lasts_s: float
    seed: int
    reads: int
    results: Sequence[Result]

    @property
    def badge_hours(self) -> float:
        """How long badges were watched, all together."""
        return self.badges * self.lasts_s / 3600


def run(
    plant: Plant,
    seed: int,
    site: Site | None = None,
    progress: Progress = silent,
) -> PlantScores:
    """Feed the plant's reads to every watcher and score it. `site` is the calibrated one."""
    site = site or plant.site
    crossings = sorted(plant.crossings, key=lambda crossing: crossing.at_s)
    runs = {name: Run(make(site), Follower(crossings)) for name, make in WATCHERS.items()}
    reads = 0
    for until_ns, deliveries in quarters(plant.deliveries(progress), plant.lasts_s):
        reads += sum(len(delivery.block.reads) for delivery in deliveries)
        for each in runs.values():
            each.take(deliveries, until_ns, (until_ns - START_NS) % NS_PER_S == 0)
        progress("watching", seconds(until_ns - START_NS), plant.lasts_s)
    hazards = {zone.id: zone.hazard for zone in site.zone}
    return PlantScores(
        zones=len(site.zone),
        badges=len(plant.people.badges),
        readers=len(plant.layout.readers),
        antennas=len(plant.layout.antennas),
        lasts_s=plant.lasts_s,
        seed=seed,
        reads=reads,
        results=[
            Result(
                name,
                score(plant.visits, each.alarms, hazards),
                reads / max(each.spent_s, 1e-9),
                each.follower.took_s,
                each.follower.missed,
            )
            for name, each in runs.items()
        ],
    )


def quarters(
    deliveries: Iterator[Delivery], lasts_s: float
) -> Iterator[tuple[int, list[Delivery]]]:
    """Yield what arrives in each `BLOCK_S`, with the end of that time."""
    step_ns = ns(BLOCK_S)
    until_ns = START_NS + step_ns
    waiting: list[Delivery] = []
    for delivery in deliveries:
        while delivery.at_ns >= until_ns:
            yield until_ns, waiting
            until_ns, waiting = until_ns + step_ns, []
        waiting.append(delivery)
    end_ns = START_NS + ns(lasts_s) + 2 * NS_PER_S
    while until_ns <= end_ns:
        yield until_ns, waiting
        until_ns, waiting = until_ns + step_ns, []
