"""The bench, on a plant of sixteen zones and eighty badges: all watchers, one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from contract.reads import ReadsBlock
from simulators.errors import AccuracyError
from simulators.plant import table
from simulators.plant.bench import PlantScores
from simulators.plant.plant import Delivery, Plant
from simulators.plant.score import SMALL, score_plant
from simulators.plant.watchers import Detector, DwellCounter, StrongestAntenna

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scores() -> PlantScores:
    return score_plant(seed=1, size=SMALL)


@pytest.fixture(scope="module")
def systems(scores: PlantScores) -> Mapping[str, Any]:
    answer = json.loads(json.dumps(table.for_programs(scores)))
    assert (answer["zones"], answer["badges"]) == (16, 80)
    found: Mapping[str, Any] = answer["systems"]
    return found


def test_all_watchers_stand_in_one_table(scores: PlantScores) -> None:
    body = table.rows(scores)
    assert [(row[0], row[1]) for row in body if row[1] == "A"] == [
        ("floorwatch", "A"),
        ("strongest antenna", "A"),
        ("dwell counter", "A"),
    ]
    assert all(len(row) == len(table.HEADS) for row in body)
    assert "16 zones, 80 badges" in table.title(scores)


def test_everybody_is_told_of_the_same_breaches(systems: Mapping[str, Any]) -> None:
    counts = {
        tuple(h["breaches"] for h in system["hazards"].values()) for system in systems.values()
    }
    assert len(counts) == 1
    assert sum(counts.pop()) >= 10
    for system in systems.values():
        for tally in system["hazards"].values():
            assert 0 <= tally["found"] <= tally["breaches"]


def test_breaches_are_found_soon_and_crossings_followed(systems: Mapping[str, Any]) -> None:
    ours = systems["floorwatch"]
    hazards = ours["hazards"].values()
    assert sum(h["found"] for h in hazards) >= 0.9 * sum(h["breaches"] for h in hazards)
    assert ours["hazards"]["A"]["detect_p95_s"] <= 4
    assert ours["crossings_followed"] >= 0.9 * ours["crossings"]
    assert ours["follow_p50_s"] <= 3


def test_plain_rules_are_wrong_more_often(systems: Mapping[str, Any]) -> None:
    false = {
        name: sum(h["false"] for h in system["hazards"].values())
        for name, system in systems.items()
    }
    assert false["floorwatch"] < false["dwell counter"]
    assert false["floorwatch"] < false["strongest antenna"]


def test_a_detector_that_raises_is_not_scored(
    plant: Plant, deliveries: tuple[Delivery, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Detector(plant.site)

    def step(*_: object) -> None:
        raise ZeroDivisionError("of this test")

    monkeypatch.setattr("detectors.zone.detector.ZoneFinder.step", step)
    with pytest.raises(AccuracyError, match="ZeroDivisionError: of this test"):
        watcher.feed(deliveries[0].block)


@pytest.mark.parametrize("rule", [StrongestAntenna, DwellCounter])
def test_a_rule_alarms_once_for_a_stay_and_never_for_the_crew(
    rule: type[StrongestAntenna | DwellCounter], plant: Plant
) -> None:
    zone = next(zone for zone in plant.site.zone if zone.hazard == "A")
    antenna = next(a for a in plant.layout.antennas if a.zone == zone.id)
    crew = next(w for w in plant.people.wearers if zone.roles[0] in w.roles)
    other = next(w for w in plant.people.wearers if w.roles == ("operator",))
    tags = {d.wearer: d.tag for d in plant.site.device if d.kind == "badge"}
    watcher = rule(plant.site)
    told = []
    for number in range(40):
        t_ns = 10**18 + number * 250_000_000
        reads = [
            {"tag": tags[who.id], "point": antenna.point, "t_ns": t_ns, "rssi_dbm": -50}
            for who in (crew, other)
        ]
        block = {"device": antenna.reader, "seq": number, "t0_ns": t_ns, "reads": reads}
        told += list(watcher.feed(ReadsBlock.model_validate(block)))
    assert [(alarm.person, alarm.zone) for alarm in told] == [(other.id, zone.id)]
    assert watcher.zone_of(crew.id) == zone.id
