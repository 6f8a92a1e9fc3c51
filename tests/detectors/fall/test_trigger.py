"""Which blows are candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.fall.chunk import Chunk
from detectors.fall.trigger import peaks, reach
from tests.support.motions import T0_NS, blocks

NAN = float("nan")

# At 4 Hz a peak dominates two samples to either side.
CASES: dict[str, tuple[Sequence[float], list[int]]] = {
    "nothing": ([], []),
    "rest": ([1.0] * 9, []),
    "a blow": ([1, 1, 1, 3, 1, 1, 1], [3]),
    "just enough": ([1, 1, 1.6, 1, 1], [2]),
    "not quite": ([1, 1, 1.59, 1, 1], []),
    "a bounce after it": ([1, 1, 3, 1, 2, 1, 1], [2]),
    "a knock before it": ([1, 1, 2, 1, 3, 1, 1], [4]),
    "as high, just far enough away": ([1, 3, 1, 1, 3, 1], [1, 4]),
    "clipped: the first of equals": ([1, 4, 4, 4, 1, 1], [1]),
    "clipped twice, near": ([1, 4, 1, 4, 1, 1], [1]),
    "the first sample": ([3, 1, 1], [0]),
    "the last sample": ([1, 1, 3], [2]),
    "all that there is": ([3], [0]),
    "beside a gap": ([1, 1, 3, NAN, NAN, 1], [2]),
    "inside a gap": ([1, NAN, NAN, NAN, 1], []),
}


@pytest.mark.parametrize(("magnitude", "found"), CASES.values(), ids=CASES.keys())
def test_a_candidate_dominates_half_a_second_to_both_sides(
    magnitude: Sequence[float], found: list[int]
) -> None:
    assert peaks(np.asarray(magnitude, np.float32), odr_hz=4.0).tolist() == found


@given(
    magnitude=st.lists(st.floats(0, 16, width=32) | st.just(NAN), max_size=60),
    odr_hz=st.sampled_from([4.0, 10.0, 20.0]),
)
def test_it_is_what_an_obvious_loop_finds(magnitude: list[float], odr_hz: float) -> None:
    wide = reach(odr_hz)
    known = [0.0 if value != value else value for value in magnitude]
    wanted = [
        at
        for at, value in enumerate(known)
        if value >= np.float32(1.6)
        and all(before < value for before in known[max(0, at - wide) : at])
        and all(after <= value for after in known[at + 1 : at + wide + 1])
    ]
    found = peaks(np.asarray(magnitude, np.float32), odr_hz).tolist()
    assert found == wanted


@pytest.mark.parametrize("plain", [False, True], ids=["counts", "plain numbers"])
@given(
    accel=st.lists(st.tuples(*[st.floats(-16, 16)] * 3), min_size=1, max_size=20),
    level_g=st.floats(1.0, 16.0),
)
def test_a_block_that_is_called_quiet_has_no_sample_at_the_level(
    plain: bool, accel: list[tuple[float, float, float]], level_g: float
) -> None:
    (block,) = blocks(np.asarray(accel), size=len(accel))
    chunk = Chunk.of(block, 0)
    if plain:
        values = tuple((float(x), float(y), float(z)) for x, y, z in chunk.accel_g())
        block = block.model_copy(update={"accel_i16": None, "scale_g": None, "accel_g": values})
        chunk = Chunk.of(block, 0)
    loudest = float(np.linalg.norm(chunk.accel_g().astype(np.float64), axis=1).max())
    if loudest >= level_g:
        assert chunk.reaches(level_g)
    if loudest < 0.999 * level_g:
        assert not chunk.reaches(level_g)


def test_a_chunk_is_what_was_sent() -> None:
    accel = np.arange(30).reshape(-1, 3) / 64
    (block,) = blocks(accel, size=10)
    chunk = Chunk.of(block, 7)
    assert np.array_equal(chunk.accel_g(), accel.astype(np.float32))
    assert np.array_equal(chunk.part(2, 6).accel_g(), accel[2:6].astype(np.float32))
    assert np.array_equal(chunk.accel_g(2, 6), accel[2:6].astype(np.float32))
    assert chunk.part(2, 6).start == 9
    assert chunk.part(2, 6).t_ns(0) == T0_NS + 2 * 20_000_000
