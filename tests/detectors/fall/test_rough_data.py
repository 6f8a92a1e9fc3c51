"""Samples that are missing, clipped, off the body, or stamped by a clock that was set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from contract.imu import ImuBlock
from contract.instants import ns
from detectors.pipeline import Pipeline
from tests.support.detector_checks import run
from tests.support.falls_found import found, onsets, phases
from tests.support.hall import hall
from tests.support.motions import (
    SCALE_G,
    SIDE,
    T0_NS,
    blocks,
    fall,
    restless,
    sampled,
    still,
)
from tests.support.posture_weights import by_posture

FALL = (still(12), *fall())
IMPACT_S = 12.3 + 0.08


def without(sent: Sequence[ImuBlock], from_s: float, to_s: float) -> list[ImuBlock]:
    """Return the blocks without those that begin in a span of time."""
    low, high = T0_NS + ns(from_s), T0_NS + ns(to_s)
    return [block for block in sent if not low <= block.t0_ns < high]


@pytest.mark.parametrize("range_g", [2.0, 2.5, 4.0, 8.0, 16.0])
@pytest.mark.parametrize("peak_g", [3.0, 6.0, 12.0])
def test_a_sensor_that_clips_still_sees_the_fall_and_says_so(range_g: float, peak_g: float) -> None:
    (onset,) = onsets(found((still(12), *fall(peak_g)), range_g=range_g))
    assert onset.evidence["peak_g"] == pytest.approx(min(range_g, peak_g), rel=0.05)
    assert ("clipped_samples" in onset.evidence) == (peak_g > range_g)
    assert (f"the sensor clipped at {range_g:g} g" in onset.reason) == (peak_g > range_g)
    assert ("at least" in onset.reason) == (peak_g > range_g)


GAPS: dict[str, tuple[float, float, int, bool]] = {
    "200 ms while standing": (10.0, 10.2, 1, False),
    "5 s while standing": (3.0, 8.0, 1, False),
    "1 s just before": (10.8, 11.8, 1, True),
    "200 ms in the free fall": (12.0, 12.2, 1, False),
    "100 ms just after the impact": (12.5, 12.6, 1, False),
    "400 ms just after the impact": (12.5, 12.9, 1, True),
    "5 s right after it was settled": (15.0, 20.0, 1, False),
    "the impact itself": (12.1, 12.9, 0, False),
    "all that followed": (12.5, 16.0, 0, False),
}


@pytest.mark.parametrize(("from_s", "to_s", "falls", "said"), GAPS.values(), ids=GAPS.keys())
def test_nothing_is_decided_on_samples_that_were_not_measured(
    from_s: float, to_s: float, falls: int, said: bool
) -> None:
    sent = blocks(sampled((*FALL, still(8, SIDE))), size=5)
    told = run(by_posture(), without(sent, from_s, to_s))
    assert len(onsets(told)) == falls
    for onset in onsets(told):
        assert ("missing_s" in onset.evidence) == said
        assert ("were not measured" in onset.reason) == said


def test_how_much_is_missing_is_told() -> None:
    sent = blocks(sampled((*FALL, still(6, SIDE))), size=5)
    onset, *_ = run(by_posture(), without(sent, 12.5, 12.9))
    assert onset.evidence["missing_s"] == pytest.approx(0.4)


def test_no_stillness_is_claimed_across_a_gap() -> None:
    sent = blocks(sampled((*FALL, still(14, SIDE))), size=5)
    told = run(by_posture(), without(sent, 16.0, 19.0))
    # Still from 13 s to 16 s and from 19 s to 33 s: never 15 s of it, as far as anybody knows.
    assert max(float(f.facts.get("still_s", 0)) for f in told) < 15


def test_a_device_that_lies_on_a_table_does_not_fall_off_it() -> None:
    sent = blocks(sampled((still(12), *fall(), still(30, SIDE))))
    taken_off = [block.model_copy(update={"worn": False}) for block in sent]
    assert run(by_posture(), taken_off) == []


def test_put_on_again_it_sees_the_next_fall() -> None:
    first = blocks(sampled((still(5), *fall(), still(5))))
    off = [block.model_copy(update={"worn": False}) for block in first]
    again = blocks(sampled(FALL), seq=len(off), t0_ns=off[-1].end_ns + 20_000_000)
    assert len(onsets(run(by_posture(), [*off, *again]))) == 1


@pytest.mark.parametrize("step_s", [-3600.0, -60.0, -2.0, -0.5, 0.1])
@pytest.mark.parametrize("at_s", [6, 12, 13, 14, 16])
def test_a_clock_that_is_set_hides_no_fall_and_no_stillness(step_s: float, at_s: int) -> None:
    sent = blocks(sampled((*FALL, still(15, SIDE))))
    moved = [
        b.model_copy(update={"t0_ns": b.t0_ns + ns(step_s)}) if b.seq >= at_s else b for b in sent
    ]
    pipeline = Pipeline(hall(), [by_posture().at(hall())])
    told = [found for block in moved for found in pipeline.feed(block).detections]
    assert len([d for d in told if d.phase == "onset"]) == 1
    assert max(d.facts.still_s for d in told) >= 15
    assert all(d.onset_ns <= d.decided_ns for d in told)


@pytest.mark.parametrize("at_s", [11, 12, 13, 14, 16])
def test_a_clock_that_jumps_a_century_ahead_costs_nothing_but_time(at_s: int) -> None:
    sent = blocks(sampled((*FALL, restless(9), *fall())))
    moved = [
        b.model_copy(update={"t0_ns": b.t0_ns + ns(3e9)}) if b.seq >= at_s else b for b in sent
    ]
    told = run(by_posture(), moved)
    assert len(onsets(told)) == 2


@pytest.mark.parametrize("change_s", [5, 11, 12, 13, 14, 16])
@pytest.mark.parametrize(("before_hz", "after_hz"), [(25.0, 100.0), (100.0, 50.0), (20.0, 200.0)])
def test_a_fall_may_begin_at_one_rate_and_end_at_another(
    before_hz: float, after_hz: float, change_s: int
) -> None:
    parts = (*FALL, still(13, SIDE))
    slow = [b for b in blocks(sampled(parts, before_hz), before_hz) if b.seq < change_s]
    fast = [b for b in blocks(sampled(parts, after_hz), after_hz) if b.seq >= change_s]
    told = run(by_posture(), [*slow, *fast])
    assert phases(told).count("onset") == 1
    assert [f.facts["still_s"] for f in told if "still_s" in f.facts] == [5.0, 10.0, 15.0]


def test_a_device_that_measures_its_own_rate_is_one_stream() -> None:
    sent = blocks(sampled(FALL))
    rates = np.random.default_rng(1).uniform(49.6, 50.4, len(sent))
    wavering = [
        block.model_copy(update={"odr_hz": float(rate)})
        for block, rate in zip(sent, rates, strict=True)
    ]
    told, steady = run(by_posture(), wavering), run(by_posture(), sent)
    assert phases(told) == phases(steady)
    assert told[0].evidence["peak_g"] == steady[0].evidence["peak_g"]


def test_samples_as_plain_numbers_are_the_same_samples() -> None:
    sent = blocks(sampled((*FALL, restless(3, SIDE))))
    plain = [
        ImuBlock(
            device=block.device,
            seq=block.seq,
            t0_ns=block.t0_ns,
            odr_hz=block.odr_hz,
            range_g=block.range_g,
            accel_g=tuple(
                (x * SCALE_G, y * SCALE_G, z * SCALE_G)
                for x, y, z in np.frombuffer(block.accel_i16 or b"", "<i2").reshape(-1, 3).tolist()
            ),
        )
        for block in sent
    ]
    assert run(by_posture(), plain) == run(by_posture(), sent)
