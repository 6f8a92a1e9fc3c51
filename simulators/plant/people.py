"""Who is in the plant and what they do: work, walk, go where they must not, walk along the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from contract.site import Device, Wearer
from simulators.plant.edges import Edge, Edges
from simulators.plant.layout import Box, Layout, crew
from simulators.plant.way import Point, Way, inside, somewhere

TWO_TAGS_SHARE = 0.02
LOCKER_SHARE = 0.02
CREW_SHARE = 0.25
LOCKER_M = 1.0
"""Lockers hang at a wall, at times a wall to a hazard zone."""
SETTLE_S = 25.0
"""Nothing happens before: presence has to begin somewhere."""
END_S = 20.0
"""And nothing begins later than so long before the end."""


@dataclass(frozen=True, slots=True)
class Badge:
    """One tag: whose it is, and where it goes."""

    device: Device
    person: str
    way: Way


@dataclass(frozen=True, slots=True)
class People:
    """Wearers as the site file has them, and their badges."""

    wearers: tuple[Wearer, ...]
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done once at the edge of a hazard zone, by somebody who works beside it."""

    way: Way
    edge: Edge
    home: Box
    beyond: Box
    rng: np.random.Generator

    def step_in(self, deep_m: float, stay_s: float) -> None:
        """Go in, stay, come back."""
        gate = self.edge.gate(self.rng)
        self.way.walk(self.edge.beside(gate, -1.2))
        goal = self.edge.beside(gate, deep_m)
        self.way.walk(inside(self.beyond, goal, 0.8))
        self.way.wait(stay_s)
        self.way.walk(self.edge.beside(gate, -2.0))
        self.way.walk(somewhere(self.home, self.rng))


def incursion(act: Act) -> None:
    """Somebody goes in to do something: seconds to a minute."""
    act.step_in(float(act.rng.uniform(1.5, 5.0)), float(np.exp(act.rng.uniform(0.7, 3.7))))


def fetch(act: Act) -> None:
    """Take two or three steps in and out again: a stay of a few seconds."""
    act.step_in(float(act.rng.uniform(1.0, 2.5)), float(act.rng.uniform(0.5, 2.5)))


def toe(act: Act) -> None:
    """Step over the line and back: too short to count."""
    act.step_in(0.4, float(act.rng.uniform(0.2, 0.8)))


def flap(act: Act) -> None:
    """In and out three times within seconds: one breach, not three."""
    gate = act.edge.gate(act.rng)
    act.way.walk(act.edge.beside(gate, -1.2))
    for _ in range(3):
        act.way.walk(act.edge.beside(gate, 1.5))
        act.way.wait(float(act.rng.uniform(1.5, 4.0)))
        act.way.walk(act.edge.beside(gate, -1.5))
        act.way.wait(float(act.rng.uniform(0.5, 2.0)))
    act.way.walk(somewhere(act.home, act.rng))


def along(act: Act) -> None:
    """Walk along the line, an arm's length on the right side of it, or half on it."""
    off_m = float(act.rng.uniform(-0.7, -0.4 if act.edge.walled else 0.2))
    (x0, y0), (x1, y1) = act.edge.from_m, act.edge.to_m
    first, last = ((x0 + s * (x1 - x0), y0 + s * (y1 - y0)) for s in (0.15, 0.85))
    act.way.walk(act.edge.beside(first, min(off_m, -1.2)))
    act.way.walk(act.edge.beside(first, off_m))
    act.way.walk(act.edge.beside(last, off_m))
    act.way.walk(act.edge.beside(last, -1.5))
    act.way.walk(somewhere(act.home, act.rng))


def past(act: Act) -> None:
    """Walk by at a step's distance, as people do all day: never a breach."""
    (x0, y0), (x1, y1) = act.edge.from_m, act.edge.to_m
    for share in (0.1, 0.9):
        act.way.walk(act.edge.beside((x0 + share * (x1 - x0), y0 + share * (y1 - y0)), -1.1))
    act.way.walk(somewhere(act.home, act.rng))


ACTS: Mapping[Callable[[Act], None], float] = {
    incursion: 0.34, fetch: 0.10, toe: 0.06, flap: 0.04, along: 0.16, past: 0.30,
}  # fmt: skip
"""What happens at the edges of hazard zones, and how often of all that happens there."""


def populate(
    layout: Layout, badges: int, lasts_s: float, acts: int, rng: np.random.Generator
) -> People:
    """Return `badges` badges and their wearers, with `acts` acts among them."""
    town = _Town.of(layout)
    people = badges - int(badges * TWO_TAGS_SHARE)
    lockers = int(badges * LOCKER_SHARE)
    wearers: list[Wearer] = []
    made: list[Badge] = []
    for number in range(people):
        person = f"person-{number + 1:04d}"
        roles: tuple[str, ...] = ("operator",)
        stage = town.stages[number % len(town.stages)] if number < acts else None
        home = str(rng.choice(town.beside(stage[1]) if stage is not None else town.rooms))
        if rng.random() < CREW_SHARE:
            zone = stage[0] if stage is not None else str(rng.choice(town.risky))
            home = home if stage is not None else zone
            roles = (*roles, crew(zone))
        if acts <= number < acts + lockers:
            way = Way.begin(rng, _locker(layout.boxes[str(rng.choice(town.rooms))], rng))
            way.wait(lasts_s)
        else:
            way = Way.begin(rng, somewhere(layout.boxes[home], rng))
            _live(way, town, home, frozenset(roles), stage, lasts_s)
        wearers.append(Wearer(id=person, name=person, roles=roles))
        made.append(_badge(len(made), person, way))
    # The second badge of those who forgot that they had one in the jacket.
    second = rng.choice(people, badges - people, replace=False)
    made += [
        _badge(people + i, wearers[int(who)].id, made[int(who)].way) for i, who in enumerate(second)
    ]
    return People(tuple(wearers), tuple(made))


@dataclass(frozen=True, slots=True)
class _Town:
    """The floor as people see it: where one works, where one walks, where one must not go."""

    layout: Layout
    edges: Edges
    rooms: list[str]
    """Rooms without a hazard. Nobody works in a corridor or on a walkway: one walks there."""
    risky: list[str]
    stages: list[tuple[str, str]]
    """Each hazard zone, with each of the plain zones that it can be stepped into from."""

    @classmethod
    def of(cls, layout: Layout) -> _Town:
        edges = Edges(layout)
        plain = [name for name, hazard in layout.hazards.items() if hazard == "none"]
        risky = [name for name in layout.hazards if name not in plain]
        rooms = [name for name in plain if name.startswith("room")]
        stages = [(zone, n) for zone in risky for n in edges.of[zone] if n in plain]
        town = cls(layout, edges, rooms, risky, stages)
        staged = [(zone, before) for zone, before in stages if town.beside(before)]
        # In turn, so that every zone has its share however many ways there are into it.
        turn = {stage: [z for z, _ in staged[:i]].count(stage[0]) for i, stage in enumerate(staged)}
        return replace(town, stages=sorted(staged, key=lambda stage: (turn[stage], stage)))

    def beside(self, zone: str) -> list[str]:
        """Return where those work who act from a plain zone: in it, or in a room beside it."""
        return [zone] if zone in self.rooms else [n for n in self.edges.of[zone] if n in self.rooms]

    def go(self, way: Way, zone: str, goal: str, permitted: frozenset[str]) -> str:
        """Walk there door by door, if there is a way, and return where that is."""
        for here, there in pairwise(self.edges.route(zone, goal, permitted)):
            edge = self.edges.of[here][there]
            gate = edge.gate(way.rng)
            way.walk(edge.beside(gate, -1.0))
            way.walk(edge.beside(gate, 1.0))
            zone = there
        return zone


def _live(
    way: Way,
    town: _Town,
    home: str,
    roles: frozenset[str],
    stage: tuple[str, str] | None,
    lasts_s: float,
) -> None:
    """Work at home, walk somewhere and back now and then, and do the one act if there is one."""
    rng, boxes = way.rng, town.layout.boxes
    hazards = town.layout.hazards
    permitted = frozenset(z for z in boxes if hazards[z] == "none" or crew(z) in roles)
    goals = sorted(z for z in permitted if z in town.rooms or z in town.risky)
    zone = home
    if stage is not None:
        beyond, before = stage
        way.potter(boxes[home], float(rng.uniform(SETTLE_S, lasts_s - 3 * END_S)))
        zone = town.go(way, zone, before, permitted)
        chance = np.array(list(ACTS.values()))
        act = list(ACTS)[int(rng.choice(len(chance), p=chance / chance.sum()))]
        act(Act(way, town.edges.of[before][beyond], boxes[before], boxes[beyond], rng))
        zone = town.go(way, zone, home, permitted)
        way.walk(somewhere(boxes[zone], rng))
    while way.now_s < lasts_s:
        way.potter(boxes[zone], way.now_s + float(rng.exponential(90.0)) + 10.0)
        goal = home if zone != home else goals[int(rng.integers(len(goals)))]
        zone = town.go(way, zone, goal, permitted)
        way.walk(somewhere(boxes[zone], rng))


def _locker(box: Box, rng: np.random.Generator) -> Point:
    x0, y0, x1, y1 = box
    at = somewhere(box, rng)
    side = int(rng.integers(4))
    along = {0: (x0 + LOCKER_M, at[1]), 1: (x1 - LOCKER_M, at[1])}
    return along.get(side, (at[0], y0 + LOCKER_M if side == 2 else y1 - LOCKER_M))


def _badge(number: int, person: str, way: Way) -> Badge:
    tag = f"e2801160600002{number:010x}"
    device = Device(id=f"badge-{number + 1:04d}", kind="badge", wearer=person, tag=tag)
    return Badge(device, person, way)
