"""What the impact detector promises: equipment hums, strokes and rattles, and then is struck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.instants import seconds
from detectors.finding import Finding
from detectors.machine.impact import ImpactDetector
from detectors.pipeline import Pipeline
from simulators.machine import Machine, Ringing
from tests.support.detector_checks import EQUIPMENT, run
from tests.support.hall import hall
from tests.support.motions import ROTATIONS, T0_NS, blocks, turned

RACK = Machine()
MOTOR = Machine(hums_g=0.15)
PRESS = Machine(hums_g=0.05, strokes_every_s=2.3, stroke_g=2.0)
TRUCK = Machine(hums_g=0.1, rattles_an_s=0.4, rattle_g=1.2)
STARTS = Machine(hums_g=0.7, runs_from_s=150)
SECONDS = 240.0


def found(
    machine: Machine, blows: Sequence[Ringing] = (), odr_hz: float = 100.0, seed: int = 0
) -> list[Finding]:
    accel = machine.felt(SECONDS, odr_hz, seed, blows).astype(np.float64)
    return run(ImpactDetector(), blocks(accel, odr_hz, device="press-guard"), EQUIPMENT)


def at_s(told: Sequence[Finding]) -> list[float]:
    return [round(seconds(f.onset_ns - T0_NS), 1) for f in told]


CASES: dict[str, tuple[Machine, list[Ringing], list[float]]] = {
    "racking at rest": (RACK, [], []),
    "racking, a box is put down": (RACK, [Ringing(200, 0.6)], []),
    "racking is struck": (RACK, [Ringing(200, 3)], [200]),
    "struck from the side": (RACK, [Ringing(200, 3, (1.0, 0.0, 0.0))], [200]),
    "struck twice": (RACK, [Ringing(200, 3), Ringing(220, 4)], [200, 220]),
    "struck, and again while it rings": (RACK, [Ringing(200, 3), Ringing(202, 4)], [200]),
    "a motor runs": (MOTOR, [], []),
    "a motor is struck": (MOTOR, [Ringing(200, 4)], [200]),
    "a motor starts": (STARTS, [], []),
    "a motor starts, and is struck later": (STARTS, [Ringing(220, 13)], [220]),
    "a press strokes": (PRESS, [], []),
    "its guard is struck": (PRESS, [Ringing(200.5, 11)], [200.5]),
    "a truck drives": (TRUCK, [], []),
    "a truck hits racking": (TRUCK, [Ringing(200, 9)], [200]),
    "struck while it is being learnt": (RACK, [Ringing(20, 8)], [20]),
    "a knock while it is being learnt": (RACK, [Ringing(20, 4)], []),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("machine", "blows", "impacts"), CASES.values(), ids=CASES.keys())
def test_tells_an_impact_from_work(
    machine: Machine, blows: list[Ringing], impacts: list[float], seed: int
) -> None:
    assert at_s(found(machine, blows, seed=seed)) == pytest.approx(impacts, abs=0.11)


@pytest.mark.parametrize("odr_hz", [50.0, 100.0, 208.0, 400.0, 800.0])
def test_any_rate_finds_it_and_says_so_a_second_later(odr_hz: float) -> None:
    (told,) = found(RACK, [Ringing(200, 5)], odr_hz)
    assert seconds(told.onset_ns - T0_NS) == pytest.approx(200, abs=0.051)
    assert seconds(told.decided_ns - told.onset_ns) == pytest.approx(1.0, abs=0.06)
    assert told.evidence["peak_g"] == pytest.approx(5, rel=0.15)


def test_a_press_that_begins_to_stroke_is_learnt() -> None:
    """Nobody told it that this machine strikes: it is wrong for a minute at most."""
    press = Machine(strokes_every_s=2.0, stroke_g=3.0, runs_from_s=100)
    told = at_s(found(press))
    assert all(second < 165 for second in told)


@pytest.mark.parametrize(
    ("gap_s", "impacts"),
    [
        pytest.param((150, 190), [200], id="before-it"),
        pytest.param((201, 211), [200], id="right-after-it"),
        pytest.param((200, 202), [], id="the-impact-itself"),
    ],
)
def test_gaps(gap_s: tuple[int, int], impacts: list[float]) -> None:
    """What was learnt outlives a gap, and so does an impact that was measured."""
    accel = RACK.felt(SECONDS, 50.0, 0, [Ringing(200.4, 3)]).astype(np.float64)
    sent = blocks(accel, device="press-guard")
    told = run(ImpactDetector(), [*sent[: gap_s[0]], *sent[gap_s[1] :]], EQUIPMENT)
    assert [int(second) for second in at_s(told)] == impacts


def test_the_state_of_a_fast_sensor_stays_small() -> None:
    """1600 Hz is the fastest that the contract allows; what is kept is less than a second."""
    accel = RACK.felt(3.0, 1600.0).astype(np.float64)
    detector = ImpactDetector().at(hall())
    state = detector.start(EQUIPMENT)
    for block in blocks(accel, 1600.0, size=700):
        state, _ = detector.step(state, block)
        assert state.binned.tail.nbytes < 20_000


@given(
    rotation=ROTATIONS,
    case=st.sampled_from(["racking is struck", "a motor starts", "a press strokes"]),
)
@settings(max_examples=12)
def test_any_orientation_gives_the_same_verdict(
    rotation: tuple[float, float, float, float], case: str
) -> None:
    machine, blows, impacts = CASES[case]
    accel = machine.felt(SECONDS, 50.0, 0, blows).astype(np.float64)
    told = run(ImpactDetector(), blocks(turned(accel, rotation)), EQUIPMENT)
    assert at_s(told) == pytest.approx(impacts, abs=0.11)


def test_what_somebody_wears_is_no_equipment_and_what_nobody_wears_is() -> None:
    pipeline = Pipeline(hall(), [ImpactDetector().at(hall())])
    accel = RACK.felt(100, 50.0, 0, [Ringing(80, 5)]).astype(np.float64)
    for device in ("belt-keller", "press-guard"):
        told = [d for b in blocks(accel, device=device) for d in pipeline.feed(b).detections]
        if device == "belt-keller":
            assert told == []
        else:
            assert [(d.kind, d.zone, d.assessment.rule) for d in told] == [
                ("impact", "robot-cell", "equipment")
            ]
