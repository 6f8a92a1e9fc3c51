"""What comes of a fall: still, moving, lying, up again, or carried on walking."""

from __future__ import annotations

from itertools import pairwise

import pytest

from contract.severity import Facts, Severity, assess
from detectors.fall.aftermath import WATCHED_S
from detectors.fall.detector import FallDetector
from detectors.finding import Finding
from simulators.body.accelerometer import Accelerometer
from simulators.body.movement import Build
from simulators.body.script import Script, Step
from tests.support.detector_checks import run
from tests.support.falls_found import found, onsets, phases, since_s
from tests.support.hall import hall
from tests.support.motions import SIDE, T0_NS, UP, blocks, blow, drop, fall, restless, still
from tests.support.posture_weights import by_posture

FALL = (still(12), *fall())
IMPACT_S = 12.3 + 0.08
TURNED = (0.0, 0.94, 0.34)
"""Seventy degrees from upright."""


def later(told: list[Finding]) -> list[Finding]:
    """Return what is said after the two looks."""
    return [f for f in told if f.phase != "onset" and "second look" not in f.reason]


def test_stillness_is_reported_as_it_lasts_and_cleared_when_up_again() -> None:
    told = found((*FALL[:-1], still(17, SIDE), restless(8)))
    assert [(f.phase, f.facts.get("still_s")) for f in later(told)] == [
        ("update", 5.0),
        ("update", 10.0),
        ("update", 15.0),
        ("clear", None),
    ]
    onset, *rest = told
    assert {f.onset_ns for f in rest} == {onset.onset_ns}
    assert all(a.decided_ns < b.decided_ns for a, b in pairwise(told))
    still_from_s = IMPACT_S + 0.08 + 0.6
    assert since_s(later(told)[2].decided_ns) == pytest.approx(still_from_s + 15, abs=1.1)
    assert later(told)[2].evidence["after_impact_s"] == pytest.approx(16, abs=1)


def test_how_far_the_body_has_turned_is_told() -> None:
    told = found((*FALL[:-1], still(7, TURNED)))
    assert [f.reason for f in later(told)] == [
        "lies still for 5 s after the fall, 70° from upright"
    ]
    assert later(told)[0].evidence["tilt_deg"] == pytest.approx(70, abs=1)


def test_moving_on_the_ground_is_no_recovery() -> None:
    told = found((*FALL[:-1], restless(20, SIDE)))
    assert [f.reason for f in later(told)] == ["moves after the fall, not up"]


def test_stillness_begins_anew_after_a_movement() -> None:
    told = found((*FALL[:-1], still(7, SIDE), restless(2, SIDE), still(7, SIDE)))
    assert [f.facts.get("still_s") for f in told if "still for" in f.reason] == [5.0, 5.0]


def test_somebody_slumped_upright_and_still_is_not_well() -> None:
    told = found((*FALL[:-1], still(3, SIDE), restless(1), still(16, UP)))
    assert "keeps still, upright, for 15 s after the fall" in [f.reason for f in told]
    assert "clear" not in phases(told)


def test_who_walks_on_at_once_is_soon_said_to() -> None:
    """A stumble that looked like a fall at first."""
    lurch = (still(12), drop(0.3), blow(5), still(0.95, SIDE))
    told = found((*lurch, restless(10)))
    assert phases(told) == ["onset", "update", "update", "clear"]
    assert told[2].reason == "carried on walking, upright"
    assert since_s(told[2].decided_ns) - IMPACT_S < 4
    assert told[3].reason == "carries on walking"
    assert since_s(told[3].decided_ns) - IMPACT_S < 7


def test_who_was_down_does_not_carry_on_walking() -> None:
    told = found((*FALL[:-1], restless(2, SIDE), restless(9)))
    assert [f.reason for f in later(told)] == [
        "moves after the fall, not up",
        "is up again and moving",
    ]


def test_movement_alone_lowers_nothing() -> None:
    facts = Facts(kind="fall")
    for finding in found((*FALL[:-1], still(17, SIDE), restless(8))):
        facts = facts.with_update(Facts.model_validate({"kind": "fall", **finding.facts}))
    assert assess(facts).severity is Severity.SEV1


def test_the_site_can_ask_for_another_stillness() -> None:
    detector = by_posture(still_steps_s=(3.0, 7.0))
    told = found((*FALL[:-1], still(9, SIDE)), detector=detector)
    assert [f.facts["still_s"] for f in later(told)] == [3.0, 7.0]


def test_the_moment_of_which_severity_asks_is_reported_too() -> None:
    site = hall()
    severity = site.severity.model_copy(update={"fall_still_s": 12.0})
    detector = FallDetector().at(site.model_copy(update={"severity": severity}))
    assert 12.0 in detector.still_steps_s


def test_without_a_vertical_stillness_is_told_all_the_same() -> None:
    told = found((still(0.1), blow(5), restless(0.5, SIDE), still(1.8, SIDE), still(7, UP)))
    words = [f.reason for f in told]
    assert not any("upright" in reason for reason in words)


# Minutes of it, with a body that breathes, moves, gets up and walks.


def minutes(*after: Step, seed: int = 1) -> list[Finding]:
    steps = (Step("walk", 5.0), Step("stand", 8.0), Step("fall_backward"), *after)
    motion = Script(steps).motion(Accelerometer(), seed, Build())
    return run(by_posture(), blocks(motion.accel_g.astype(float)))


AFTERMATHS: dict[str, tuple[tuple[Step, ...], str]] = {
    "lies still to the end of the watch": ((Step("lie_still", 240.0),), "5 10 15 30 60 120"),
    "lies still, then gets up and walks off": (
        (Step("lie_still", 40.0), Step("get_up_from_floor"), Step("walk", 20.0)),
        "5 10 15 30 moves up",
    ),
    "moves, gets up and walks off": (
        (Step("lie_moving", 12.0, {"strength": 5.0}), Step("get_up_from_floor"), Step("walk", 20)),
        "moves up",
    ),
    "moves, then no more": (
        (Step("lie_moving", 8.0, {"strength": 5.0}), Step("lie_still", 36.0)),
        "moves 5 10 15 30",
    ),
    "crawls away": ((Step("crawl", 40.0),), "moves"),
}


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize(("after", "said"), AFTERMATHS.values(), ids=AFTERMATHS.keys())
def test_a_body_on_the_ground(after: tuple[Step, ...], said: str, seed: int) -> None:
    told = minutes(*after, seed=seed)
    assert len(onsets(told)) == 1
    assert " ".join(_short(finding) for finding in later(told)) == said


def _short(finding: Finding) -> str:
    if "still_s" in finding.facts:
        return f"{finding.facts['still_s']:g}"
    return "up" if finding.phase == "clear" else finding.reason.split()[0]


def test_nobody_is_followed_for_ever() -> None:
    told = minutes(Step("lie_still", WATCHED_S + 60.0))
    assert since_s(told[-1].decided_ns) < 20 + WATCHED_S
    assert told[-1].facts["still_s"] == 120.0
    assert told[-1].decided_ns > T0_NS


@pytest.mark.parametrize("before_s", [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8])
def test_a_stream_that_begins_in_mid_fall_does_not_swallow_the_next_one(before_s: float) -> None:
    """As after a restart of the gateway: what is seen before the blow is no standing."""
    again = (Step("get_up_from_floor"), Step("walk", 8.0), Step("fall_forward"))
    steps = (Step("walk", 13.0), Step("fall_backward"), Step("lie_still", 12.0), *again)
    motion = Script((*steps, Step("lie_still", 12.0))).motion(Accelerometer(), 1, Build())
    accel = motion.accel_g.astype(float)
    first, second = onsets(run(FallDetector(), blocks(accel)))
    cut = round((since_s(first.onset_ns) - before_s) * 50)
    told = onsets(run(FallDetector(), blocks(accel[cut:])))
    seen_s = [since_s(each.onset_ns) + cut / 50 for each in told]
    assert any(abs(at - since_s(second.onset_ns)) < 1 for at in seen_s)
