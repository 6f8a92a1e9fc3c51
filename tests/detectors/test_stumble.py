"""What the stumble detector promises: somebody walks, trips, and walks on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.instants import ns, seconds
from detectors.finding import Finding
from detectors.gait.stumble import StumbleDetector
from detectors.pipeline import Pipeline
from simulators.body.accelerometer import Accelerometer
from simulators.body.script import Script, Step
from tests.support.detector_checks import EQUIPMENT, run
from tests.support.hall import hall
from tests.support.motions import (
    ROTATIONS,
    SIDE,
    T0_NS,
    Part,
    blocks,
    blow,
    fall,
    jog,
    jump,
    restless,
    sampled,
    still,
    turned,
)

WALK, ON = restless(8), restless(6)
TRIP = blow(3.5, 0.12)


def found(parts: Sequence[Part], odr_hz: float = 50.0) -> list[Finding]:
    return run(StumbleDetector(), blocks(sampled(parts, odr_hz), odr_hz))


CASES: dict[str, tuple[tuple[Part, ...], int]] = {
    "walks": ((WALK, ON), 0),
    "trips, and walks on": ((WALK, TRIP, ON), 1),
    "catches themselves in two hard steps": ((WALK, TRIP, restless(0.3), TRIP, ON), 1),
    "trips twice": ((WALK, TRIP, WALK, TRIP, ON), 2),
    "trips, and stands": ((WALK, TRIP, still(6)), 0),
    "is knocked while standing": ((still(8), TRIP, still(6)), 0),
    "trips and falls": ((WALK, TRIP, *fall()), 0),
    "walks, and lies": ((WALK, TRIP, restless(6, SIDE)), 0),
    "steps down hard": ((WALK, blow(2.0, 0.12), ON), 0),
    "jogs": ((jog(20),), 0),
    "jumps on the spot": ((still(8), *jump()[:-1], still(3), *jump()[:-1], still(5)), 0),
}


@pytest.mark.parametrize(("parts", "stumbles"), CASES.values(), ids=CASES.keys())
def test_tells_a_stumble_from_what_is_none(parts: tuple[Part, ...], stumbles: int) -> None:
    assert len(found(parts)) == stumbles


@pytest.mark.parametrize("odr_hz", [20.0, 31.25, 50.0, 52.0, 100.0, 200.0])
def test_any_rate_counts_it(odr_hz: float) -> None:
    (told,) = found((WALK, blow(4, 0.2), ON), odr_hz)
    assert seconds(told.onset_ns - T0_NS) == pytest.approx(8.1, abs=0.3)
    assert seconds(told.decided_ns - told.onset_ns) == pytest.approx(3.0, abs=0.3)


@given(
    rotation=ROTATIONS,
    case=st.sampled_from(sorted(CASES)),
)
@settings(max_examples=25)
def test_any_orientation_of_the_device_gives_the_same_count(
    rotation: tuple[float, float, float, float], case: str
) -> None:
    parts, stumbles = CASES[case]
    assert len(run(StumbleDetector(), blocks(turned(sampled(parts), rotation)))) == stumbles


def test_most_of_the_simulators_stumbles_are_counted_and_none_of_its_walks() -> None:
    counts = {"stumble": 0, "stand": 0}
    for seed in range(20):
        for what in counts:
            steps = (Step("walk", 10.0), Step(what), Step("walk", 8.0))
            motion = Script(steps).motion(Accelerometer(), seed=seed)
            counts[what] += len(run(StumbleDetector(), blocks(motion.accel_g.astype(np.float64))))
    assert counts["stumble"] >= 15
    assert counts["stand"] == 0


def test_a_gap_hides_it_and_makes_none() -> None:
    sent = blocks(sampled((WALK, TRIP, ON)))
    assert run(StumbleDetector(), [*sent[:7], *sent[10:]]) == []


def test_off_the_body_nobody_walks() -> None:
    sent = [b.model_copy(update={"worn": False}) for b in blocks(sampled((WALK, TRIP, ON)))]
    assert run(StumbleDetector(), sent) == []


def test_equipment_does_not_stumble() -> None:
    assert run(StumbleDetector(), blocks(sampled((WALK, TRIP, ON))), EQUIPMENT) == []


def test_it_is_a_figure_and_not_a_page() -> None:
    pipeline = Pipeline(hall(), [StumbleDetector().at(hall())])
    sent = blocks(sampled((WALK, TRIP, ON)), t0_ns=T0_NS + ns(5))
    (told,) = [d for block in sent for d in pipeline.feed(block).detections]
    assert (told.kind, told.assessment.severity) == ("stumble", "SEV4")
