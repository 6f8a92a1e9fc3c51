"""What the no-motion detector promises: somebody lies there, and did not fall hard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.imu import ImuBlock
from contract.instants import ns, seconds
from detectors.finding import Finding
from detectors.motion.no_motion import UNSURE_CONFIDENCE, WORN_CONFIDENCE, NoMotionDetector
from detectors.subject import Subject
from tests.support.detector_checks import run
from tests.support.hall import hall
from tests.support.motions import (
    ROTATIONS,
    SIDE,
    T0_NS,
    UP,
    Floats,
    Part,
    blocks,
    blow,
    jog,
    restless,
    sampled,
    still,
    turned,
)

SHORT = NoMotionDetector(still_s=20, pre_alarm_s=5, report_s=(60.0, 120.0)).at(hall())
"""The same, sooner: what is promised does not hang on how long it takes."""
ALARM_S = 25.0
GUARD = Subject("press-guard", device="press-guard")


def worn(parts: Sequence[Part], odr_hz: float = 50.0, noise_g: float = 0.004) -> Floats:
    """Return what a sensor of ordinary noise feels of these parts."""
    accel = sampled(parts, odr_hz)
    return accel + np.random.default_rng(7).normal(0, noise_g, accel.shape)


def lying(seconds_: float) -> tuple[Part, ...]:
    """Sink down without an impact, and lie."""
    return restless(10), restless(2, SIDE), still(seconds_, SIDE)


def table(seconds_: float) -> Part:
    """Be put down on something that does not breathe."""
    return Part(seconds_, SIDE, np.ones_like)


def phases(findings: Sequence[Finding]) -> list[str]:
    return [finding.phase for finding in findings]


CASES: dict[str, tuple[tuple[Part, ...], int]] = {
    "lies still": (lying(40), 1),
    "lies still since before it was switched on": ((still(40, SIDE),), 1),
    "sits slumped": ((restless(10), still(40, (0.5, 0.0, 0.87))), 1),
    "stands up in time": ((*lying(20), restless(5), still(20)), 0),
    "stirs once in time": ((*lying(20), restless(1, SIDE), still(20, SIDE)), 0),
    "is knocked once in time": ((*lying(20), blow(2, 0.1, SIDE), still(20, SIDE)), 0),
    "turns over slowly": (
        tuple(still(6, (0.0, float(np.sin(a)), float(np.cos(a)))) for a in np.arange(0, 1.2, 0.15)),
        0,
    ),
    "works": ((restless(90),), 0),
    "jogs": ((jog(60),), 0),
    "put down on a table": ((restless(10), table(60)), 1),
    "lies in a drawer since it was switched on": ((table(60),), 0),
    "twice, moving in between": ((*lying(40), restless(9), still(40)), 2),
}


@pytest.mark.parametrize(("parts", "alarms"), CASES.values(), ids=CASES.keys())
def test_tells_stillness_from_life(parts: tuple[Part, ...], alarms: int) -> None:
    assert phases(run(SHORT, blocks(worn(parts)))).count("onset") == alarms


@pytest.mark.parametrize("odr_hz", [20.0, 25.0, 31.25, 39.7, 50.0, 52.0, 100.0, 128.0, 200.0])
def test_any_rate_gives_the_same_alarm(odr_hz: float) -> None:
    (found,) = run(SHORT, blocks(worn(lying(30), odr_hz), odr_hz))
    assert seconds(found.onset_ns - T0_NS) == pytest.approx(12.0, abs=1.1)
    assert seconds(found.decided_ns - found.onset_ns) == pytest.approx(ALARM_S, abs=0.5)
    assert found.confidence == WORN_CONFIDENCE


def test_at_the_defaults_it_takes_two_minutes_and_the_pre_alarm() -> None:
    (found,) = run(NoMotionDetector(), blocks(worn(lying(155))))
    assert seconds(found.decided_ns - found.onset_ns) == pytest.approx(150, abs=0.1)


def test_it_is_reported_as_it_lasts_and_cleared_by_movement() -> None:
    told = run(SHORT, blocks(worn((*lying(130), restless(6)))))
    assert [(f.phase, round(f.evidence.get("still_s", 0))) for f in told] == [
        ("onset", 25),
        ("update", 60),
        ("update", 120),
        ("clear", 0),
    ]
    assert {f.onset_ns for f in told} == {told[0].onset_ns}


def test_a_twitch_ends_no_alarm() -> None:
    told = run(SHORT, blocks(worn((*lying(30), restless(2, SIDE), still(28, SIDE)))))
    assert phases(told) == ["onset", "update"]


def test_the_wearer_is_asked_when_it_might_lie_on_a_table() -> None:
    """Severity may hurry for `still_s`, which is about a fall: it must not be among the facts."""
    (found,) = run(SHORT, blocks(worn((restless(10), table(40)))))
    assert (found.confidence, found.facts) == (UNSURE_CONFIDENCE, {})
    assert "off the body, or not breathing" in found.reason


@given(
    rotation=ROTATIONS,
    case=st.sampled_from(sorted(CASES)),
)
@settings(max_examples=25)
def test_any_orientation_of_the_device_gives_the_same_verdict(
    rotation: tuple[float, float, float, float], case: str
) -> None:
    accel = worn(CASES[case][0])
    straight, other = (run(SHORT, blocks(a)) for a in (accel, turned(accel, rotation)))
    assert [(f.phase, f.onset_ns) for f in straight] == [(f.phase, f.onset_ns) for f in other]


def marked(sent: Sequence[ImuBlock], from_s: float, to_s: float) -> list[ImuBlock]:
    """Return the blocks, those of a span of time marked as off the body."""
    low, high = T0_NS + ns(from_s), T0_NS + ns(to_s)
    return [b.model_copy(update={"worn": not low <= b.t0_ns < high}) for b in sent]


def test_charging_mutes_it_and_it_counts_afresh_when_put_on() -> None:
    sent = marked(blocks(worn(lying(88))), 12, 60)
    (found,) = run(SHORT, sent)
    assert seconds(found.onset_ns - T0_NS) == pytest.approx(60, abs=1.1)


def test_taking_it_off_clears() -> None:
    told = run(SHORT, marked(blocks(worn(lying(60))), 50, 72))
    assert phases(told) == ["onset", "clear"]
    assert told[1].reason == "is charging, or off the body"


def without(sent: Sequence[ImuBlock], from_s: float, to_s: float) -> list[ImuBlock]:
    """Return the blocks without those that begin in a span of time."""
    low, high = T0_NS + ns(from_s), T0_NS + ns(to_s)
    return [block for block in sent if not low <= block.t0_ns < high]


@pytest.mark.parametrize(
    ("gap_s", "onset_s", "alarm_s"),
    [
        pytest.param(0, 12, 37, id="none"),
        pytest.param(5, 12, 42, id="what-was-not-measured-does-not-count"),
        pytest.param(70, 90, 115, id="too-long-to-know-what-happened"),
    ],
)
def test_gaps(gap_s: float, onset_s: float, alarm_s: float) -> None:
    sent = without(blocks(worn(lying(130))), 20, 20 + gap_s)
    found = run(SHORT, sent)[0]
    assert seconds(found.onset_ns - T0_NS) == pytest.approx(onset_s, abs=1.1)
    assert seconds(found.decided_ns - T0_NS) == pytest.approx(alarm_s, abs=2.1)


def test_an_alarm_outlives_a_gap_and_is_cleared_after_it() -> None:
    sent = without(blocks(worn((*lying(130), restless(8)))), 50, 140)
    assert phases(run(SHORT, sent)) == ["onset", "clear"]


def test_a_clock_that_is_set_back_moves_no_decision_before_its_onset() -> None:
    sent = blocks(worn(lying(60)))
    sent[30:] = [b.model_copy(update={"t0_ns": b.t0_ns - ns(3600)}) for b in sent[30:]]
    (found, *_) = run(SHORT, sent)
    assert found.decided_ns >= found.onset_ns


def test_equipment_may_stand_still() -> None:
    state = SHORT.start(GUARD)
    for block in blocks(worn(lying(60)), device="press-guard"):
        state, found = SHORT.step(state, block)
        assert not found


@pytest.mark.parametrize("noise_g", [0.0, 0.0005, 0.002, 0.006])
@pytest.mark.parametrize("step_g", [1 / 4096, 1 / 256, 1 / 64], ids=["fine", "coarse", "coarsest"])
def test_a_sensor_at_rest_does_not_seem_to_breathe(noise_g: float, step_g: float) -> None:
    """At the default times, with 20 seeds each."""
    detector = NoMotionDetector().at(hall())
    accel = sampled((restless(3), Part(150, (0.48, 0.6, 0.64), np.ones_like)), 50.0)
    for seed in range(20):
        noisy = accel + np.random.default_rng(seed).normal(0, noise_g, accel.shape)
        (found,) = run(detector, blocks(np.round(noisy / step_g) * step_g))
        assert found.confidence == UNSURE_CONFIDENCE, (seed, found.evidence)


def test_breath_is_seen_through_the_noise() -> None:
    for seed in range(20):
        accel = sampled((restless(3), still(150, UP)))
        accel += np.random.default_rng(seed).normal(0, 0.006, accel.shape)
        (found,) = run(NoMotionDetector(), blocks(accel))
        assert found.confidence == WORN_CONFIDENCE, (seed, found.evidence)
