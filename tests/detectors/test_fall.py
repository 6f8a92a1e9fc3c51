"""What the fall detector promises: a body does something, and a sensor sees it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.imu import ImuBlock
from contract.instants import ns, seconds
from detectors.fall.impact_posture import FallDetector
from detectors.finding import Finding
from tests.support.detector_checks import run
from tests.support.motions import (
    SCALE_G,
    SIDE,
    T0_NS,
    UP,
    Floats,
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
)

FALL = (still(12), *fall())
IMPACT_S = 12.3 + 0.08


def found(parts: Sequence[Part], odr_hz: float = 50.0, **sent: float) -> list[Finding]:
    return run(FallDetector(), blocks(sampled(parts, odr_hz), odr_hz, **sent))  # type: ignore[arg-type]


def phases(findings: Sequence[Finding]) -> list[str]:
    return [finding.phase for finding in findings]


def onsets_s(findings: Sequence[Finding]) -> list[float]:
    return [round(seconds(f.onset_ns - T0_NS), 2) for f in findings if f.phase == "onset"]


CASES: dict[str, tuple[tuple[Part, ...], int]] = {
    "fall from standing": (FALL, 1),
    "fall while jogging": ((still(3), jog(9), *fall()), 1),
    "fall right after switching on": ((still(2), *fall()), 1),
    "two falls, up in between": ((*FALL, restless(8), *fall()), 2),
    "up after lying long, then jogs": ((still(12), *fall(lying_s=14), blow(3), jog(9)), 1),
    "falls again once up": ((still(12), *fall(lying_s=14), blow(3), jog(9), *fall()), 2),
    "fall without a free fall": ((still(12), blow(4), still(6, SIDE)), 1),
    "soft fall, just an impact": ((still(12), drop(0.2), blow(2.2), still(6, SIDE)), 1),
    "fall onto the head": ((still(12), drop(0.3), blow(6), still(6, (0.0, 0.0, -1.0))), 1),
    "bounce after the impact": ((still(12), drop(0.3), blow(5), blow(3), still(6, SIDE)), 1),
    "dropped on again": ((*FALL[:-1], still(1.5, SIDE), blow(3, 0.1, SIDE), still(6, SIDE)), 1),
    "jump": ((still(12), *jump(), still(6)), 0),
    "five jumps": ((still(12), *(jump() * 5), still(6)), 0),
    "jogging": ((still(12), jog(20), still(6)), 0),
    "sitting down hard": ((still(12), drop(0.1), blow(3.5), still(6, (0.26, 0.0, 0.97))), 0),
    "lying down gently": ((still(12), restless(2), still(10, SIDE)), 0),
    "a knock while standing": ((still(12), blow(6, 0.04, SIDE), still(6)), 0),
    "below the threshold": ((still(12), drop(0.2), blow(1.9), still(6, SIDE)), 0),
}


@pytest.mark.parametrize(("parts", "falls"), CASES.values(), ids=CASES.keys())
def test_tells_a_fall_from_what_is_none(parts: tuple[Part, ...], falls: int) -> None:
    assert phases(found(parts)).count("onset") == falls


@pytest.mark.parametrize("odr_hz", [20.0, 25.0, 31.25, 39.7, 50.0, 52.0, 100.0, 128.0, 200.0])
def test_any_rate_gives_the_same_fall(odr_hz: float) -> None:
    (onset,) = [f for f in found(FALL, odr_hz) if f.phase == "onset"]
    assert seconds(onset.onset_ns - T0_NS) == pytest.approx(12.0, abs=1.5 / odr_hz)
    assert seconds(onset.decided_ns - T0_NS) == pytest.approx(IMPACT_S + 1.4, abs=2.5 / odr_hz)
    assert onset.evidence["free_fall_s"] == pytest.approx(0.3, abs=1.5 / odr_hz)


@pytest.mark.parametrize("range_g", [2.0, 2.5, 4.0, 8.0, 16.0])
@pytest.mark.parametrize("peak_g", [3.0, 6.0, 12.0])
def test_a_sensor_that_clips_still_sees_the_fall(range_g: float, peak_g: float) -> None:
    parts = (still(12), *fall(peak_g))
    (onset,) = [f for f in found(parts, range_g=range_g) if f.phase == "onset"]
    assert onset.evidence["peak_g"] == pytest.approx(min(range_g, peak_g), rel=0.05)


@given(
    rotation=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.01),
    case=st.sampled_from(sorted(CASES)),
)
@settings(max_examples=60)
def test_any_orientation_of_the_device_gives_the_same_verdict(
    rotation: tuple[float, float, float, float], case: str
) -> None:
    accel = sampled(CASES[case][0])
    turned = accel @ _matrix(rotation).T
    # A device turned so that rounding lifts a peak over the threshold is no other verdict.
    detector = FallDetector(impact_g=1.99)
    straight, found_turned = (run(detector, blocks(a)) for a in (accel, turned))
    assert phases(straight) == phases(found_turned)
    for a, b in zip(onsets_s(straight), onsets_s(found_turned), strict=True):
        assert a == pytest.approx(b, abs=0.05)


def _matrix(rotation: tuple[float, float, float, float]) -> Floats:
    w, x, y, z = np.asarray(rotation) / np.linalg.norm(rotation)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@pytest.mark.parametrize(
    ("height_m", "free_s"), [(0.2, 0.2), (0.44, 0.3), (1.0, 0.45), (1.8, 0.61), (2.5, 0.71)]
)
def test_height_is_read_off_the_free_fall(height_m: float, free_s: float) -> None:
    (onset,) = [f for f in found((still(12), *fall(8, free_s))) if f.phase == "onset"]
    # A sample at either end is half in the fall: g·t·dt metres.
    assert onset.evidence["free_fall_m"] == pytest.approx(height_m, abs=9.81 * free_s * 0.02)
    assert onset.facts["free_fall_s"] == pytest.approx(free_s, abs=0.02)


def test_a_stride_before_the_impact_is_no_height() -> None:
    parts = (still(12), drop(0.7), restless(0.6), blow(5), still(6, SIDE))
    (onset,) = [f for f in found(parts) if f.phase == "onset"]
    assert onset.facts["free_fall_s"] == 0


# What came of it.


def test_stillness_is_reported_as_it_lasts_and_cleared_when_up_again() -> None:
    parts = (*FALL[:-1], still(17, SIDE), restless(8))
    told = found(parts)
    assert [(f.phase, f.facts.get("still_s")) for f in told] == [
        ("onset", None),
        ("update", 5.0),
        ("update", 10.0),
        ("update", 15.0),
        ("clear", None),
    ]
    onset, *rest = told
    assert {f.onset_ns for f in rest} == {onset.onset_ns}
    assert all(a.decided_ns <= b.decided_ns for a, b in pairwise(told))
    still_from_s = IMPACT_S + 0.08 + 0.6
    assert seconds(told[3].decided_ns - T0_NS) == pytest.approx(still_from_s + 15, abs=1.1)


def test_moving_on_the_ground_is_no_recovery() -> None:
    told = found((*FALL[:-1], restless(20, SIDE)))
    assert [f.reason for f in told[1:]] == ["moves after the fall, not up"]


def test_stillness_begins_anew_after_a_movement() -> None:
    told = found((*FALL[:-1], still(7, SIDE), restless(2, SIDE), still(7, SIDE)))
    assert [f.facts.get("still_s") for f in told if "still" in f.reason] == [5.0, 5.0]


def test_somebody_slumped_upright_and_still_is_not_well() -> None:
    told = found((*FALL[:-1], still(3, SIDE), restless(1), still(16, UP)))
    assert "keeps still, upright, for 15 s after the fall" in [f.reason for f in told]
    assert "clear" not in phases(told)


def test_the_site_can_ask_for_another_stillness() -> None:
    detector = FallDetector(still_steps_s=(3.0, 7.0))
    told = run(detector, blocks(sampled((*FALL[:-1], still(9, SIDE)))))
    assert [f.facts["still_s"] for f in told[1:]] == [3.0, 7.0]


# Samples that are missing, late, off the body, or stamped by a clock that was set.


def without(sent: Sequence[ImuBlock], from_s: float, to_s: float) -> list[ImuBlock]:
    """Return the blocks without those that begin in a span of time."""
    low, high = T0_NS + ns(from_s), T0_NS + ns(to_s)
    return [block for block in sent if not low <= block.t0_ns < high]


GAPS: dict[str, tuple[float, float, int]] = {
    "200 ms while standing": (6.0, 6.2, 1),
    "5 s while standing": (3.0, 8.0, 1),
    "200 ms in the free fall": (12.0, 12.2, 1),
    "100 ms just after the impact": (12.5, 12.6, 1),
    "200 ms of the posture": (13.4, 13.6, 1),
    "half of the posture": (13.6, 14.2, 1),
    "5 s right after it was settled": (14.2, 18.0, 1),
    "the impact itself": (12.1, 12.9, 0),
    "all of the posture": (13.2, 14.4, 0),
}


@pytest.mark.parametrize(("from_s", "to_s", "falls"), GAPS.values(), ids=GAPS.keys())
def test_nothing_is_decided_on_samples_that_were_not_measured(
    from_s: float, to_s: float, falls: int
) -> None:
    sent = blocks(sampled((*FALL, still(6, SIDE))), size=5)
    assert phases(run(FallDetector(), without(sent, from_s, to_s))).count("onset") == falls


def test_no_stillness_is_claimed_across_a_gap() -> None:
    sent = blocks(sampled((*FALL, still(14, SIDE))), size=5)
    told = run(FallDetector(), without(sent, 16.0, 19.0))
    # Still from 13 s to 16 s and from 19 s to 33 s: never 15 s of it, as far as anybody knows.
    assert max(float(f.facts.get("still_s", 0)) for f in told) < 15


def test_a_device_that_lies_on_a_table_does_not_fall_off_it() -> None:
    sent = blocks(sampled((still(12), *fall(), still(30, SIDE))))
    taken_off = [block.model_copy(update={"worn": False}) for block in sent]
    assert run(FallDetector(), taken_off) == []


def test_put_on_again_it_sees_the_next_fall() -> None:
    first = blocks(sampled((still(5), *fall(), still(5))))
    off = [block.model_copy(update={"worn": False}) for block in first]
    again = blocks(sampled(FALL), seq=len(off), t0_ns=off[-1].end_ns + 20_000_000)
    assert phases(run(FallDetector(), [*off, *again])).count("onset") == 1


def test_two_falls_in_one_long_block() -> None:
    parts = (still(8), *fall(lying_s=4), restless(8), *fall(lying_s=4))
    (block,) = blocks(sampled(parts), size=10_000)
    assert block.count == round(sum(part.seconds for part in parts) * 50)
    told = run(FallDetector(), [block])
    assert phases(told).count("onset") == 2
    assert told == run(FallDetector(), blocks(sampled(parts)))


@pytest.mark.parametrize("step_s", [-3600.0, -60.0, -2.0, -0.5, 0.1])
@pytest.mark.parametrize("at_s", [6, 12, 13, 14, 16])
def test_a_clock_that_is_set_hides_no_fall_and_no_stillness(step_s: float, at_s: int) -> None:
    sent = blocks(sampled((*FALL, still(15, SIDE))))
    moved = [
        b.model_copy(update={"t0_ns": b.t0_ns + ns(step_s)}) if b.seq >= at_s else b for b in sent
    ]
    told = run(FallDetector(), moved)
    assert phases(told).count("onset") == 1
    assert max(float(f.facts.get("still_s", 0)) for f in told) >= 15
    assert all(f.onset_ns <= f.decided_ns for f in told)


@pytest.mark.parametrize("change_s", [5, 11, 12, 13, 14, 16])
@pytest.mark.parametrize(("before_hz", "after_hz"), [(25.0, 100.0), (100.0, 50.0), (20.0, 200.0)])
def test_a_fall_may_begin_at_one_rate_and_end_at_another(
    before_hz: float, after_hz: float, change_s: int
) -> None:
    parts = (*FALL, still(12, SIDE))
    slow = [b for b in blocks(sampled(parts, before_hz), before_hz) if b.seq < change_s]
    fast = [b for b in blocks(sampled(parts, after_hz), after_hz) if b.seq >= change_s]
    told = run(FallDetector(), [*slow, *fast])
    assert phases(told).count("onset") == 1
    assert [f.facts["still_s"] for f in told[1:]] == [5.0, 10.0, 15.0]


def test_a_device_that_measures_its_own_rate_is_one_stream() -> None:
    sent = blocks(sampled(FALL))
    rates = np.random.default_rng(1).uniform(49.6, 50.4, len(sent))
    wavering = [
        block.model_copy(update={"odr_hz": float(rate)})
        for block, rate in zip(sent, rates, strict=True)
    ]
    told, steady = run(FallDetector(), wavering), run(FallDetector(), sent)
    assert phases(told) == phases(steady)
    assert told[0].evidence["peak_g"] == steady[0].evidence["peak_g"]


def test_samples_as_plain_numbers_are_the_same_samples() -> None:
    sent = blocks(sampled(FALL))
    plain = [
        ImuBlock(
            device=block.device,
            seq=block.seq,
            t0_ns=block.t0_ns,
            odr_hz=block.odr_hz,
            accel_g=tuple(
                (x * SCALE_G, y * SCALE_G, z * SCALE_G)
                for x, y, z in np.frombuffer(block.accel_i16 or b"", "<i2").reshape(-1, 3).tolist()
            ),
        )
        for block in sent
    ]
    assert run(FallDetector(), plain) == run(FallDetector(), sent)


OTHER_SETTINGS = {
    "hasty": {"dominant_s": 0.1, "posture_after_s": 0.1, "posture_for_s": 0.1, "rest_s": 1.0},
    "early": {"dominant_s": 1.4, "posture_after_s": 0.3, "posture_for_s": 0.1},
    "patient": {"dominant_s": 1.4, "posture_after_s": 2.0, "posture_for_s": 0.5},
}


@pytest.mark.parametrize("named", OTHER_SETTINGS)
@given(size=st.integers(1, 120))
@settings(max_examples=15)
def test_other_settings_do_not_see_cuts_either(named: str, size: int) -> None:
    detector = FallDetector(**OTHER_SETTINGS[named])
    twice_hit = (drop(0.3), blow(4), still(0.8, SIDE), blow(6, 0.1, SIDE), still(3, SIDE))
    accel = sampled((still(12), jog(3), *fall(), *jump(), *fall(), restless(9), *twice_hit))
    assert run(detector, blocks(accel, size=size)) == run(detector, blocks(accel))
