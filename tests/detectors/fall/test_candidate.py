"""What the model is shown, in the field and in training: the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.imu import ImuBlock
from detectors.dsp.samples import magnitude_g
from detectors.fall.candidate import Candidate, candidates
from detectors.fall.lookout import Lookout
from detectors.fall.model import CONTEXT_S, EARLY, LATE, Stage
from detectors.fall.trigger import peaks
from detectors.fall.watch import Rules, Watch
from tests.support.alike import alike
from tests.support.falls_found import since_s
from tests.support.motions import SIDE, blocks, blow, fall, jog, jump, sampled, still
from tests.support.recut import recut

PARTS = (still(6), jog(4), *fall(), *jump(), still(4, SIDE), *jump(), blow(3), still(0.8))
SENT = blocks(sampled(PARTS))


def told(given_: Sequence[Candidate]) -> list[tuple[object, ...]]:
    return [(c.accel, c.odr_hz, c.peak, c.peak_ns, c.range_g) for c in given_]


def shown(sent: Sequence[ImuBlock]) -> dict[tuple[int, Stage], Candidate]:
    """Return what the detector asks its model, by peak and stage."""
    asked: dict[tuple[int, Stage], Candidate] = {}

    def score(candidate: Candidate, stage: Stage) -> float:
        asked[candidate.peak_ns, stage] = candidate
        return 0.0

    lookout, watch = Lookout(), Watch()
    for block in sent:
        lookout, _ = lookout.at_rate(block.odr_hz)
        for lookout, found in lookout.after(block, 1.6):  # noqa: B020
            watch, _ = watch.after(lookout.stream, found, Rules(score, 0.5, 3.0, (), None))
    return asked


@pytest.mark.parametrize("odr_hz", [20.0, 39.7, 50.0, 200.0])
def test_each_peak_that_has_its_time_after_it_is_one(odr_hz: float) -> None:
    accel = sampled(PARTS, odr_hz)
    sent = blocks(accel, odr_hz)
    measured = np.concatenate(
        [np.frombuffer(b.accel_i16 or b"", "<i2").reshape(-1, 3) for b in sent]
    ) * np.float32(sent[0].scale_g or 0)
    at = peaks(magnitude_g(measured), odr_hz)
    wanted = [index for index in at.tolist() if index + np.ceil(2.4 * odr_hz) < len(measured)]
    assert 0 < len(wanted) < len(at)
    found = list(candidates(sent))
    assert [round(since_s(c.peak_ns) * odr_hz) for c in found] == wanted
    for candidate, index in zip(found, wanted, strict=True):
        begin = max(0, index - round(CONTEXT_S * odr_hz))
        part = measured[begin : index + int(np.ceil(2.4 * odr_hz)) + 1]
        assert np.array_equal(candidate.accel, part)
        assert candidate.peak == index - begin


def test_training_sees_what_the_field_sees() -> None:
    asked = shown(SENT)
    late = {at: candidate for (at, stage), candidate in asked.items() if stage == LATE}
    assert alike(told(list(candidates(SENT))), told(list(late.values())))
    for (at, stage), candidate in asked.items():
        if stage == EARLY and at in late:
            seen = late[at].accel[: len(candidate.accel)]
            assert np.array_equal(candidate.accel, seen)
            assert (candidate.peak, candidate.odr_hz) == (late[at].peak, late[at].odr_hz)


@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=4))
@settings(max_examples=25)
def test_it_does_not_matter_where_blocks_are_cut(sizes: list[int]) -> None:
    again = [block for block in recut(SENT, sizes) if isinstance(block, ImuBlock)]
    assert alike(told(list(candidates(again))), told(list(candidates(SENT))))


def test_a_gap_is_nan() -> None:
    sent = [block for block in blocks(sampled((still(6), *fall())), size=5) if block.seq != 0]
    holed = [block for block in sent if not 40 <= block.seq < 44]
    (candidate,) = candidates(holed)
    assert candidate.missing_s == pytest.approx(0.4)
    assert candidate.judgeable
