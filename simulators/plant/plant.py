"""The plant: a site, what its readers say, and the truth. The same seed gives the same plant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from contract.instants import ns
from contract.reads import Read, ReadsBlock
from contract.site import Site
from simulators.errors import ScenarioError
from simulators.plant.channel import Channel, fitted
from simulators.plant.edges import Edges
from simulators.plant.hearing import Array, Ear, Heard, Surroundings
from simulators.plant.layout import Layout, lay_out
from simulators.plant.people import Badge, People, populate
from simulators.plant.progress import Progress, silent
from simulators.plant.report import Lines, lines
from simulators.plant.truth import STEP_S, Crossing, Visit, crossings, visits

Floats = NDArray[np.float64]

START_NS = 1_760_000_000_000_000_000
BLOCK_S = 0.25
"""A reader's agent sends so often what the reader reported."""
LATENCY_S = (0.02, 0.12)
LATE_SHARE, LATE_S = 0.01, 0.8
"""A block is on its way for so long, and one in a hundred longer. A choice: no recording has it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A block, and when the gateway gets it."""

    at_ns: int
    block: ReadsBlock


class Plant:
    """A made-up plant of `4 * bays + 8` zones.

    Parameters
    ----------
    bays
        8 gives 40 zones.
    badges
        How many tags there are.
    lasts_s
        How long people are watched.
    acts
        What happens at the edges of hazard zones: how many people do something there.
    seed
        Who there is, what they do, all noise. The building and its antennas hang on `bays` alone.
    """

    def __init__(
        self,
        bays: int = 8,
        badges: int = 2000,
        lasts_s: float = 180.0,
        acts: int = 1700,
        seed: int = 0,
        around: Surroundings | None = None,
        channel: Channel | None = None,
    ) -> None:
        if bays < 2 or badges < 10 or lasts_s < 120 or acts > badges * 0.9:
            raise ScenarioError(
                "a plant has 2 bays, 10 badges and 120 s at least, and at most nine acts for ten "
                f"badges; not {bays}, {badges}, {lasts_s:g} s and {acts}"
            )
        self.lasts_s = lasts_s
        self.channel = channel or fitted()
        self.around = around or Surroundings()
        # The building is one for every seed of people: a site is calibrated where it stands.
        self.layout = lay_out(bays, np.random.default_rng([bays, 40]))
        self.array = self.layout.array(self.channel, np.random.default_rng([bays, 41]))
        self._seed = seed
        rng = np.random.default_rng([seed, 42])
        self.people: People = populate(self.layout, badges, lasts_s, acts, rng)
        badge_devices = tuple(badge.device for badge in self.people.badges)
        self.site: Site = self.layout.site(self.people.wearers, badge_devices)

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Everything forbidden that happened, breaches and grazes."""
        roles = {wearer.id: frozenset(wearer.roles) for wearer in self.people.wearers}
        found: list[Visit] = []
        for person, at_m in self.places():
            for zone in self.site.zone:
                if zone.hazard != "none" and not roles[person] & set(zone.roles):
                    box = self.layout.boxes[zone.id]
                    found += visits(person, at_m, zone.id, zone.hazard, box)
        return tuple(found)

    @cached_property
    def crossings(self) -> tuple[Crossing, ...]:
        """Every change of zone that lasted, allowed or not."""
        names = list(self.layout.boxes)
        return tuple(
            crossing
            for person, at_m in self.places()
            for crossing in crossings(person, zone_numbers(self.layout, at_m), names)
        )

    def places(self) -> Iterator[tuple[str, Floats]]:
        """Yield each person, and where they are at every `STEP_S`."""
        t_s = np.arange(0, self.lasts_s, STEP_S)
        ways = {badge.person: badge.way for badge in self.people.badges}
        for person, way in ways.items():
            yield person, way.at(t_s)[0]

    def deliveries(self, progress: Progress = silent) -> Iterator[Delivery]:
        """Yield what the gateway gets, in that order. One pass at a time costs little memory."""
        rng = np.random.default_rng([self._seed, 43])
        told = hear(
            self.channel,
            self.array,
            self.around,
            self.people.badges,
            self.lasts_s,
            rng,
            self.layout,
            partial(progress, "listening to everybody"),
        )
        yield from deliver(self.layout, self.people.badges, told, rng)


def zone_numbers(layout: Layout, at_m: Floats) -> NDArray[np.int64]:
    """Return the number of the zone that each place is in, -1 for none."""
    numbers = np.full(len(at_m), -1)
    for number, (x0, y0, x1, y1) in enumerate(layout.boxes.values()):
        x, y = at_m[:, 0], at_m[:, 1]
        numbers[(x >= x0) & (x < x1) & (y >= y0) & (y < y1)] = number
    return numbers


def hear(
    channel: Channel,
    array: Array,
    around: Surroundings,
    badges: Sequence[Badge],
    lasts_s: float,
    rng: np.random.Generator,
    layout: Layout,
    progress: Callable[[float, float], None] = lambda _done_s, _total_s: None,
) -> Lines:
    """Return everything that all readers report of these badges."""
    t_s = np.arange(0, lasts_s, channel.cycle_s)
    ways = [badge.way.at(t_s) for badge in badges]
    at_m = np.stack([places for places, _ in ways]).astype(np.float32)
    faces = np.stack([faces for _, faces in ways]).astype(np.float32)
    moved_m = np.hypot(*np.moveaxis(np.diff(at_m, axis=1, prepend=at_m[:, :1]), 2, 0))
    zones = np.stack([zone_numbers(layout, places) for places, _ in ways])
    ear = Ear(channel, array, len(badges), rng, around, Edges(layout).building(layout))
    heard: list[Heard] = []
    for step, from_s in enumerate(t_s):
        now = at_m[:, step], faces[:, step], moved_m[:, step], zones[:, step]
        heard.append(ear.cycle(float(from_s), *now))
        progress(float(from_s), lasts_s)
    return lines(channel, array, heard, rng)


def deliver(
    layout: Layout, badges: Sequence[Badge], told: Lines, rng: np.random.Generator
) -> Iterator[Delivery]:
    """Yield each reader's lines as blocks, in the order of their arrival."""
    readers = {reader: number for number, reader in enumerate(layout.readers)}
    of_antenna = np.array([readers[antenna.reader] for antenna in layout.antennas])
    reader = of_antenna[told.antenna]
    window = np.floor(told.told_s / BLOCK_S).astype(np.int64)
    order = np.lexsort((np.arange(len(told)), reader, window))
    key = window[order] * len(readers) + reader[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    ends = np.append(starts[1:], len(key))
    sent_s = (window[order][starts] + 1) * BLOCK_S
    late = rng.random(len(starts)) < LATE_SHARE
    takes_s = rng.uniform(*LATENCY_S, len(starts)) + np.where(late, LATE_S, 0) * rng.random(
        len(starts)
    )
    # What a reader's agent sends arrives in the order of sending.
    arrives_s = sent_s + takes_s
    owner = reader[order][starts]
    for number in range(len(readers)):
        mine = np.flatnonzero(owner == number)
        arrives_s[mine] = np.maximum.accumulate(arrives_s[mine])
    seqs = np.zeros(len(readers), dtype=np.int64)
    tags = [badge.device.tag or "" for badge in badges]
    points = [antenna.point for antenna in layout.antennas]
    for number in np.lexsort((sent_s, arrives_s)):
        rows = order[starts[number] : ends[number]]
        reads = tuple(
            Read(
                tag=tags[tag],
                point=points[antenna],
                t_ns=START_NS + ns(at_s),
                rssi_dbm=rssi_dbm,
            )
            for tag, antenna, at_s, rssi_dbm in zip(
                told.tag[rows].tolist(), told.antenna[rows].tolist(),
                told.at_s[rows].tolist(), told.rssi_dbm[rows].tolist(), strict=True,
            )
        )  # fmt: skip
        of = int(owner[number])
        block = ReadsBlock(
            device=layout.readers[of],
            seq=int(seqs[of]),
            t0_ns=min(read.t_ns for read in reads),
            reads=reads,
        )
        seqs[of] += 1
        yield Delivery(START_NS + ns(float(arrives_s[number])), block)
