"""What the fall detector promises around its model: which blows are told, when, and once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.instants import ns, seconds
from detectors.fall.detector import FallDetector
from detectors.fall.model import EARLY, LATE
from detectors.subject import Subject
from tests.support.detector_checks import run
from tests.support.falls_found import found, onsets, phases, since_s
from tests.support.hall import hall
from tests.support.motions import (
    ROTATIONS,
    SIDE,
    UP,
    Part,
    blocks,
    blow,
    drop,
    fall,
    jog,
    jump,
    restless,
    sampled,
    still,
    turned,
)
from tests.support.posture_weights import by_posture, write_weights
from tests.support.recut import recut

FALL = (still(12), *fall())
IMPACT_S = 12.3 + 0.08

HEAD_LOW = (0.0, 0.8, -0.6)
CASES: dict[str, tuple[tuple[Part, ...], int]] = {
    "fall from standing": (FALL, 1),
    "fall while jogging": ((still(3), jog(9), *fall()), 1),
    "fall right after switching on": ((still(2), *fall()), 1),
    "fall without a free fall": ((still(12), blow(4), still(6, SIDE)), 1),
    "soft fall, just an impact": ((still(12), drop(0.2), blow(1.7), still(6, SIDE)), 1),
    "fall onto the head": ((still(12), drop(0.3), blow(6), still(6, (0.0, 0.0, -1.0))), 1),
    "bounce after the impact": ((still(12), drop(0.3), blow(5), blow(3), still(6, SIDE)), 1),
    "harder bounce": (
        (still(12), drop(0.3), blow(3), still(0.6, SIDE), blow(6), still(6, SIDE)),
        1,
    ),
    "two falls, up in between": ((*FALL, restless(8), *fall()), 2),
    "two falls, not up in between": ((*FALL, restless(3), *fall()), 1),
    "up after lying long, then jogs": ((still(12), *fall(lying_s=14), blow(3), jog(9)), 1),
    "falls again once up": ((still(12), *fall(lying_s=14), blow(3), jog(9), *fall()), 2),
    "jump": ((still(12), *jump(), still(6)), 0),
    "five jumps": ((still(12), *(jump() * 5), still(6)), 0),
    "jogging": ((still(12), jog(20), still(6)), 0),
    "sitting down hard": ((still(12), drop(0.1), blow(3.5), still(6, (0.26, 0.0, 0.97))), 0),
    "lying down gently": ((still(12), restless(2), still(10, SIDE)), 0),
    "a knock while standing": ((still(12), blow(6, 0.04, SIDE), still(6)), 0),
    "below the trigger": ((still(12), drop(0.2), blow(1.5), still(6, SIDE)), 0),
}


@pytest.mark.parametrize(("parts", "falls"), CASES.values(), ids=CASES.keys())
def test_each_fall_is_told_once(parts: tuple[Part, ...], falls: int) -> None:
    assert phases(found(parts)).count("onset") == falls


@pytest.mark.parametrize("odr_hz", [20.0, 25.0, 31.25, 39.7, 50.0, 52.0, 100.0, 128.0, 200.0])
def test_it_is_told_at_the_first_look_and_not_again_when_the_second_says_the_same(
    odr_hz: float,
) -> None:
    onset, *rest = found(FALL, odr_hz)
    assert onset.phase == "onset"
    assert since_s(onset.onset_ns) == pytest.approx(12.0, abs=1.5 / odr_hz)
    assert since_s(onset.decided_ns) == pytest.approx(IMPACT_S + EARLY.after_s, abs=2.5 / odr_hz)
    assert onset.evidence["tilt_deg"] == pytest.approx(90, abs=1)
    assert not any("second look" in finding.reason for finding in rest)


def test_who_turns_over_between_the_looks_is_told_again() -> None:
    parts = (still(12), drop(0.3), blow(5), still(1, SIDE), still(8, HEAD_LOW))
    onset, again, *_ = found(parts)
    assert since_s(again.decided_ns) == pytest.approx(IMPACT_S + LATE.after_s, abs=0.05)
    assert again.reason.startswith("on a second look: impact of 5")
    assert again.onset_ns == onset.onset_ns
    assert abs(again.evidence["tilt_deg"] - onset.evidence["tilt_deg"]) > 20


def test_who_turns_over_only_later_is_told_at_the_second_look() -> None:
    parts = (still(12), drop(0.3), blow(5), still(1.2), still(8, SIDE))
    onset, *rest = found(parts)
    assert since_s(onset.decided_ns) == pytest.approx(IMPACT_S + LATE.after_s, abs=0.05)
    assert [f.reason for f in rest] == [
        "lies still for 5 s after the fall, 90° from upright",
    ]


def test_who_is_up_at_the_second_look_is_told_with_less_confidence() -> None:
    onset, again, *_ = found((still(12), drop(0.3), blow(5), still(1, SIDE), still(6)))
    assert onset.confidence > 0.9
    assert again.phase == "update"
    assert again.confidence < 0.1


def test_the_claim_is_about_the_hardest_blow() -> None:
    """A stride, then the ground: the second look at the stride sees the fall."""
    parts = (still(12), drop(0.1), blow(1.8), restless(0.9), drop(0.2), blow(6), still(6, SIDE))
    onset, *rest = found(parts)
    ground_s = 12 + 0.1 + 0.16 + 0.9 + 0.2 + 0.08
    assert onset.evidence["peak_g"] == pytest.approx(6, abs=0.2)
    assert since_s(onset.onset_ns) == pytest.approx(ground_s - 0.28, abs=0.05)
    assert "onset" not in phases(rest)


def test_who_falls_again_before_being_up_is_told_as_an_update() -> None:
    told = found((*FALL, restless(3), drop(0.7), blow(7), still(6, SIDE)))
    assert phases(told).count("onset") == 1
    (struck,) = [f for f in told if "struck again before being up" in f.reason]
    assert struck.phase == "update"
    assert struck.onset_ns == told[0].onset_ns
    assert struck.evidence["peak_g"] == pytest.approx(7, abs=0.2)
    assert struck.facts["free_fall_s"] == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(("threshold", "falls"), [(0.9, 1), (0.99, 0)])
def test_the_threshold_is_the_sites_to_move(threshold: float, falls: int) -> None:
    assert len(onsets(found(FALL, detector=by_posture(threshold=threshold)))) == falls


@pytest.mark.parametrize(("trigger_g", "falls"), [(4.0, 1), (6.0, 0)])
def test_so_is_the_trigger(trigger_g: float, falls: int) -> None:
    assert len(onsets(found(FALL, detector=by_posture(trigger_g=trigger_g)))) == falls


def test_weights_that_cannot_be_read_are_refused_with_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no fall model for a device on the trunk"):
        FallDetector(weights=str(tmp_path / "nowhere"))
    with pytest.raises(ValidationError, match="do not belong together"):
        FallDetector(weights=str(write_weights(tmp_path, sha256="0" * 64)))


def test_the_state_says_where_the_device_is_worn() -> None:
    for worn in ("trunk", "arm", None):
        subject = Subject("k", wearer="k", worn=worn)
        assert by_posture().at(hall()).start(subject).worn == worn


@given(
    rotation=ROTATIONS,
    case=st.sampled_from(sorted(CASES)),
)
@settings(max_examples=40)
def test_any_orientation_of_the_device_gives_the_same_verdict(
    rotation: tuple[float, float, float, float], case: str
) -> None:
    accel = sampled(CASES[case][0])
    # A device turned so that rounding lifts a peak over the trigger is no other verdict.
    detector = by_posture(trigger_g=1.59)
    straight, askew = (run(detector, blocks(a)) for a in (accel, turned(accel, rotation)))
    assert phases(straight) == phases(askew)
    for a, b in zip(onsets(straight), onsets(askew), strict=True):
        assert seconds(a.onset_ns - b.onset_ns) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(
    "chosen",
    [{}, {"rest_s": 0.0}, {"rest_s": 30.0}, {"trigger_g": 3.0}, {"still_steps_s": (0.5, 1.0)}],
    ids=str,
)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=4))
@settings(max_examples=12)
def test_it_does_not_see_cuts_with_any_settings(
    chosen: dict[str, object], sizes: list[int]
) -> None:
    detector = by_posture(**chosen)
    twice = (drop(0.3), blow(4), still(0.8, SIDE), blow(6, 0.1, SIDE), still(3, SIDE))
    accel = sampled((still(12), jog(3), *fall(), *jump(), *fall(), restless(9), *twice))
    sent = blocks(accel)
    assert run(detector, recut(sent, sizes)) == run(detector, sent)


@pytest.mark.parametrize("late_s", [0.5, 0.9, 2.0, 2.4, 5.0])
def test_nothing_is_decided_before_its_samples_are_there(late_s: float) -> None:
    """Whatever comes after a moment changes nothing that was said by then."""
    accel = sampled((*FALL, restless(4, UP)))
    cut = round((IMPACT_S + late_s) * 50)
    until_ns = blocks(accel[:cut])[-1].end_ns
    whole = run(by_posture(), blocks(accel))
    begun = run(by_posture(), blocks(accel[:cut]))
    assert begun == [f for f in whole if f.decided_ns <= until_ns]


def test_two_falls_in_one_long_block() -> None:
    parts = (still(8), *fall(lying_s=4), restless(8), *fall(lying_s=4))
    (block,) = blocks(sampled(parts), size=10_000)
    assert block.count == round(sum(part.seconds for part in parts) * 50)
    told = run(by_posture(), [block])
    assert phases(told).count("onset") == 2
    assert told == run(by_posture(), blocks(sampled(parts)))


def test_one_fall_a_rest() -> None:
    """With the vertical unknown nobody can be seen to be up, so only the rest holds a fall back."""
    parts = (blow(4), still(6, SIDE), blow(5), still(6))
    told = found(parts)
    assert "tilt_deg" not in (onsets(told)[0].evidence if onsets(told) else {})
    assert all(
        b.decided_ns - a.decided_ns >= ns(3)
        for a, b in zip(onsets(told), onsets(told)[1:], strict=False)
    )
