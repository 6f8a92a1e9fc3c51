"""The simulated plant keeps its own laws, whatever any detector makes of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import simulators.plant
from contract.instants import seconds
from simulators.errors import ScenarioError
from simulators.plant.channel import fitted
from simulators.plant.hearing import Array, Building, Ear, Surroundings
from simulators.plant.labelled import labelled
from simulators.plant.plant import START_NS, Delivery, Plant, zone_numbers
from simulators.plant.truth import STEP_S
from tests.support.needs import ROOT

pytestmark = pytest.mark.slow

KNOW_DETECTORS = {"watchers.py", "bench.py", "table.py", "score.py"}
"""The bench alone, and what stands on it, knows both sides."""
ON_TOP = {"simulators.plant.watchers", "simulators.plant.bench"}


def test_what_makes_reads_and_truth_imports_no_detector() -> None:
    folder = Path(simulators.plant.__file__).parent
    knowing = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] == "detectors" or name in ON_TOP for name in names):
                knowing.add(path.name)
    assert knowing == KNOW_DETECTORS


def test_making_a_plant_loads_no_detector() -> None:
    made = "simulators.plant.plant, simulators.plant.labelled, simulators.plant.fit, sys"
    said = f"import {made}; print([m for m in sys.modules if m.startswith('detectors')])"
    assert subprocess.check_output([sys.executable, "-c", said], cwd=ROOT, text=True) == "[]\n"


def test_the_whole_plant_is_as_big_as_it_must_be() -> None:
    plant = Plant(acts=300, lasts_s=120)
    assert len(plant.site.zone) == 40
    assert len(plant.people.badges) == 2000
    assert {zone.hazard for zone in plant.site.zone} == {"none", "A", "B", "C"}
    ports = defaultdict(set)
    for antenna in plant.layout.antennas:
        ports[antenna.reader].add(antenna.zone)
    assert max(map(len, ports.values())) > 1, "no reader has antennas in several zones"


def test_zones_cover_the_floor_and_never_overlap(plant: Plant) -> None:
    boxes = np.array(list(plant.layout.boxes.values()))
    area = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum()
    whole = (boxes[:, 2].max() - boxes[:, 0].min()) * (boxes[:, 3].max() - boxes[:, 1].min())
    assert area == pytest.approx(whole)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert zone_numbers(plant.layout, middles).tolist() == list(range(len(boxes)))


def test_the_same_seed_gives_the_same_plant_and_another_does_not(
    plant: Plant, deliveries: tuple[Delivery, ...]
) -> None:
    again = Plant(bays=2, badges=80, lasts_s=120, acts=50, seed=3)
    assert tuple(again.deliveries()) == deliveries
    assert tuple(plant.deliveries()) == deliveries, "a second pass differs"
    assert again.visits == plant.visits
    other = Plant(bays=2, badges=80, lasts_s=120, acts=50, seed=4)
    assert other.visits != plant.visits
    assert other.layout == plant.layout, "the building must not hang on who works there"


def test_nobody_outruns_a_walker_or_leaves_the_building(plant: Plant) -> None:
    for person, at_m in plant.places():
        pace = np.hypot(*np.diff(at_m, axis=0).T) / STEP_S
        assert pace.max() < 1.6, person
        assert (zone_numbers(plant.layout, at_m) >= 0).all(), person


def test_breaches_are_stays_of_people_who_may_not_be_there(plant: Plant) -> None:
    breaches = [visit for visit in plant.visits if visit.breach_s is not None]
    assert len(breaches) >= 5
    places = dict(plant.places())
    names = list(plant.layout.boxes)
    roles = {wearer.id: set(wearer.roles) for wearer in plant.people.wearers}
    for visit in breaches:
        assert visit.breach_s is not None
        assert not roles[visit.person] & set(plant.site.zones[visit.zone].roles)
        step = round(visit.breach_s / STEP_S)
        stay = zone_numbers(plant.layout, places[visit.person][step + 1 : step + 29])
        assert {names[number] for number in stay} == {visit.zone}
        assert visit.from_s <= visit.breach_s <= visit.left_s <= visit.until_s


def test_some_are_allowed_some_only_graze(plant: Plant) -> None:
    assert any(visit.breach_s is None for visit in plant.visits)
    roles = {wearer.id: set(wearer.roles) for wearer in plant.people.wearers}
    allowed = [
        person
        for person, at_m in plant.places()
        for zone in plant.site.zone
        if zone.hazard != "none"
        and roles[person] & set(zone.roles)
        and (zone_numbers(plant.layout, at_m) == list(plant.layout.boxes).index(zone.id)).any()
    ]
    assert allowed


def test_some_people_carry_two_tags_and_some_tags_lie_in_lockers() -> None:
    plant = Plant(bays=2, badges=100, lasts_s=120, acts=20, seed=1)
    of = defaultdict(list)
    for badge in plant.people.badges:
        of[badge.person].append(badge)
    assert sum(len(badges) == 2 for badges in of.values()) == 2
    still = [person for person, at_m in plant.places() if np.ptp(at_m, axis=0).max() == 0]
    assert len(still) >= 2


def test_reads_are_only_where_somebody_is(plant: Plant, deliveries: tuple[Delivery, ...]) -> None:
    at = {(a.reader, a.point): np.array(a.at_m) for a in plant.layout.antennas}
    ways = {badge.device.tag: badge.way for badge in plant.people.badges}
    far_m = []
    for delivery in deliveries[::20]:
        for read in delivery.block.reads:
            t_s = np.array([seconds(read.t_ns - START_NS)])
            here_m = ways[read.tag].at(t_s)[0][0]
            far_m.append(np.hypot(*(at[delivery.block.device, read.point] - here_m)))
    assert max(far_m) < Surroundings().range_m + 1
    assert np.median(far_m) < 6


def test_blocks_keep_the_order_of_each_reader_and_come_after_their_reads(
    deliveries: tuple[Delivery, ...],
) -> None:
    seqs: dict[str, int] = defaultdict(lambda: -1)
    for before, delivery in pairwise(deliveries):
        assert before.at_ns <= delivery.at_ns
    for delivery in deliveries:
        assert delivery.block.seq == seqs[delivery.block.device] + 1
        seqs[delivery.block.device] += 1
        assert delivery.block.end_ns < delivery.at_ns


def test_times_go_back_about_as_often_as_in_the_recordings(
    deliveries: tuple[Delivery, ...],
) -> None:
    """By tag and reader; a tag of the recordings does so in 13 to 27 % of its reads."""
    last_ns: dict[tuple[str, str], int] = {}
    steps_s = []
    for delivery in deliveries:
        for read in delivery.block.reads:
            key = (delivery.block.device, read.tag)
            if key in last_ns:
                steps_s.append(seconds(read.t_ns - last_ns[key]))
            last_ns[key] = read.t_ns
    back_s = [-step for step in steps_s if step < 0]
    assert 0.05 < len(back_s) / len(steps_s) < 0.3
    assert 0.1 < max(back_s) < 2.5


def test_a_reader_manages_only_so_many_reads(deliveries: tuple[Delivery, ...]) -> None:
    counts: dict[str, int] = defaultdict(int)
    for delivery in deliveries:
        counts[delivery.block.device] += len(delivery.block.reads)
    assert max(counts.values()) < 1.1 * Surroundings().reads_a_second * 120


@pytest.mark.parametrize(
    ("way_m", "share"),
    [
        pytest.param(1.0, (0.75, 1.0), id="near: nearly every visit"),
        pytest.param(4.0, (0.3, 0.8), id="across a room: some are missed"),
        pytest.param(10.0, (0.0, 0.1), id="far: hardly ever"),
    ],
)
def test_reads_are_missed_with_distance(way_m: float, share: tuple[float, float]) -> None:
    channel = fitted()
    rng = np.random.default_rng(1)
    nothing, place = np.zeros(1, np.float32), np.zeros(1, int)
    one = Array(np.zeros((1, 2), np.float32), place, place, 1, nothing, nothing)
    tags = 200
    ear = Ear(channel, one, tags, rng)
    at_m = np.full((tags, 2), (way_m, 0.0), dtype=np.float32)
    moved_m = np.full(tags, 0.2, dtype=np.float32)
    read = sum(len(ear.cycle(0.0, at_m, at_m, moved_m).tag) for _ in range(50))
    assert share[0] < read / (tags * 50 * channel.read_share) <= share[1]


@pytest.mark.parametrize(
    ("walls", "door_m", "share"),
    [
        pytest.param(0, (9.0, 9.0), (0.8, 1.0), id="none: nearly every visit"),
        pytest.param(2, (9.0, 9.0), (0.0, 0.2), id="two walls: hardly ever"),
        pytest.param(2, (2.0, 0.5), (0.2, 0.9), id="two walls, but in a doorway"),
    ],
)
def test_walls_take_reads(
    walls: int, door_m: tuple[float, float], share: tuple[float, float]
) -> None:
    tags = 200
    nothing, place = np.zeros(1, np.float32), np.zeros(1, int)
    one = Array(np.zeros((1, 2), np.float32), place, place, 1, nothing, nothing)
    building = Building(np.array([[walls]], dtype=np.float32), np.array([door_m], dtype=np.float32))
    around = Surroundings(reads_a_second=1e9)
    ear = Ear(fitted(), one, tags, np.random.default_rng(1), around, building)
    at_m = np.full((tags, 2), (2.0, 0.0), dtype=np.float32)
    moved_m = np.full(tags, 0.2, dtype=np.float32)
    towards = np.full((tags, 2), (-1.0, 0.0), dtype=np.float32)
    zones = np.zeros(tags, dtype=np.int64)
    read = sum(len(ear.cycle(0.0, at_m, towards, moved_m, zones).tag) for _ in range(50))
    assert share[0] <= read / (tags * 50 * fitted().read_share) <= share[1]


def test_labelled_walking_is_heard_in_every_zone(plant: Plant) -> None:
    heard = labelled(plant, seed=9, zone_s=6.0)
    assert {each.zone for each in heard} == set(plant.layout.boxes)
    own = {(a.reader, a.point): a.zone for a in plant.layout.antennas}
    right = np.mean([own[each.reader, each.point] == each.zone for each in heard])
    assert 0.4 < right < 0.95, "antennas must overlap, and still tell something"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"bays": 1}, id="too small"),
        pytest.param({"badges": 5, "acts": 0}, id="nobody there"),
        pytest.param({"lasts_s": 30}, id="over before it begins"),
        pytest.param({"badges": 100, "acts": 95}, id="more acts than people"),
    ],
)
def test_a_plant_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ScenarioError, match="a plant has"):
        Plant(**wrong)  # type: ignore[arg-type]
