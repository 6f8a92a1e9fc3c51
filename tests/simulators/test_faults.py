"""The laws of the faults: what each keeps, what it breaks, and that a seed is a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.door import DoorBlock, DoorEvent
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.message import Block
from contract.reads import Read, ReadsBlock
from simulators import faults

T0_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000


def imu(device: str, seq: int, count: int = 50, odr_hz: float = 50.0) -> ImuBlock:
    samples = np.random.default_rng(seq).integers(-32768, 32767, (count, 3))
    return ImuBlock(
        device=device, boot=1, seq=seq, t0_ns=T0_NS + round(seq * count * SECOND_NS / odr_hz),
        odr_hz=odr_hz, accel_i16=samples.astype("<i2").tobytes(), scale_g=1 / 2048,
    )  # fmt: skip


def stream(devices: int, seconds: int) -> list[Block]:
    blocks: list[Block] = []
    for seq in range(seconds):
        blocks += (imu(f"belt-{number}", seq) for number in range(devices))
        t_ns = T0_NS + seq * SECOND_NS
        read = Read(tag="e280", point="1", t_ns=t_ns + 5, rssi_dbm=-60.0)
        blocks.append(ReadsBlock(device="reader", seq=seq, t0_ns=t_ns, reads=(read,)))
        passage = DoorEvent(door="gate", tag="7", granted=True, t_ns=t_ns + 5)
        blocks.append(DoorBlock(device="access", seq=seq, t0_ns=t_ns, events=(passage,)))
    blocks.append(EventBlock(device="belt-0", seq=0, t0_ns=T0_NS, event="sos"))
    return blocks


streams = st.builds(stream, st.integers(1, 3), st.integers(1, 12))
seeds = st.integers(0, 2**32)
shares = st.floats(0, 1)


def identity(block: Block) -> tuple[str, str, int, int]:
    return block.message, block.device, block.boot, block.seq


def is_subsequence(part: Sequence[Block], whole: Sequence[Block]) -> bool:
    rest = iter(whole)
    return all(any(block is other for other in rest) for block in part)


@given(blocks=streams, share=shares, seed=seeds)
def test_drop_only_takes_away_and_keeps_the_order(
    blocks: list[Block], share: float, seed: int
) -> None:
    assert is_subsequence(faults.drop(blocks, share, seed), blocks)


@given(blocks=streams, share=shares, seed=seeds, apart=st.integers(0, 9))
def test_repeat_only_adds_duplicates(
    blocks: list[Block], share: float, seed: int, apart: int
) -> None:
    spoilt = faults.repeat(blocks, share, seed, apart)
    counts = Counter(map(identity, spoilt))
    assert set(counts) == set(map(identity, blocks))
    assert max(counts.values()) <= 2
    # The first copies stand in the order of the original.
    seen: set[tuple[str, str, int, int]] = set()
    firsts = [b for b in spoilt if identity(b) not in seen and not seen.add(identity(b))]  # type: ignore[func-returns-value]
    assert firsts == blocks


@given(blocks=streams, share=shares, seed=seeds, reach=st.integers(1, 9))
def test_reorder_is_a_permutation_and_nothing_comes_much_too_early(
    blocks: list[Block], share: float, seed: int, reach: int
) -> None:
    spoilt = faults.reorder(blocks, share, seed, reach)
    assert Counter(map(identity, spoilt)) == Counter(map(identity, blocks))
    was = {identity(block): place for place, block in enumerate(blocks)}
    for place, block in enumerate(spoilt):
        assert abs(place - was[identity(block)]) <= reach + 1


@given(blocks=streams, sigma_s=st.floats(0, 0.5), seed=seeds)
def test_jitter_moves_stamps_by_three_sigma_at_most_and_nothing_else(
    blocks: list[Block], sigma_s: float, seed: int
) -> None:
    for before, after in zip(blocks, faults.jitter(blocks, sigma_s, seed), strict=True):
        moved_ns = after.t0_ns - before.t0_ns
        assert abs(moved_ns) <= 3 * sigma_s * SECOND_NS + 1
        assert identity(after) == identity(before)
        if isinstance(before, ReadsBlock) and isinstance(after, ReadsBlock):
            assert after.reads[0].t_ns - before.reads[0].t_ns == moved_ns
        if isinstance(before, DoorBlock) and isinstance(after, DoorBlock):
            assert after.events[0].t_ns - before.events[0].t_ns == moved_ns
        if isinstance(before, ImuBlock) and isinstance(after, ImuBlock):
            assert after.accel_i16 == before.accel_i16


@given(blocks=streams, step_s=st.floats(-100, 100), at_s=st.integers(0, 12))
def test_a_clock_step_moves_what_comes_after_it(
    blocks: list[Block], step_s: float, at_s: int
) -> None:
    at_ns = T0_NS + at_s * SECOND_NS
    for before, after in zip(blocks, faults.clock_step(blocks, at_ns, step_s), strict=True):
        wanted_ns = round(step_s * SECOND_NS) if before.t0_ns >= at_ns else 0
        assert after.t0_ns - before.t0_ns == wanted_ns


@given(blocks=streams, range_g=st.floats(0.1, 16))
def test_saturation_clips_and_says_so(blocks: list[Block], range_g: float) -> None:
    for before, after in zip(blocks, faults.saturate(blocks, range_g), strict=True):
        if isinstance(before, ImuBlock) and isinstance(after, ImuBlock):
            was, now = counts(before), counts(after)
            assert np.abs(now * 1.0).max() / 2048 <= range_g
            inside = np.abs(was * 1.0) / 2048 <= range_g - 1 / 2048
            assert np.array_equal(was[inside], now[inside])
            assert after.range_g == range_g
        else:
            assert after is before


@settings(max_examples=60)
@given(
    blocks=streams, seed=seeds, shortest=st.integers(1, 60), more=st.integers(0, 300),
    lost=st.floats(0, 0.5),
)  # fmt: skip
def test_cutting_elsewhere_keeps_every_sample_and_its_time(
    blocks: list[Block], seed: int, shortest: int, more: int, lost: float
) -> None:
    blocks = faults.drop(blocks, lost, seed)
    spoilt = faults.cut(blocks, seed, shortest, shortest + more)
    assert timed_samples(spoilt) == timed_samples(blocks)
    rest = [block for block in spoilt if not isinstance(block, ImuBlock)]
    assert rest == [block for block in blocks if not isinstance(block, ImuBlock)]
    for device in {block.device for block in spoilt}:
        seqs = [b.seq for b in spoilt if isinstance(b, ImuBlock) and b.device == device]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True
    assert all(b.count <= shortest + more for b in spoilt if isinstance(b, ImuBlock))


Fault = Callable[[list[Block], int], list[Block]]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda b, s: faults.drop(b, 0.3, s), id="drop"),
        pytest.param(lambda b, s: faults.repeat(b, 0.3, s), id="repeat"),
        pytest.param(lambda b, s: faults.reorder(b, 0.3, s), id="reorder"),
        pytest.param(lambda b, s: faults.jitter(b, 0.1, s), id="jitter"),
        pytest.param(lambda b, s: faults.cut(b, s), id="cut"),
    ],
)
def test_the_same_seed_spoils_the_same_way_and_leaves_the_input_alone(fault: Fault) -> None:
    blocks = stream(2, 20)
    before = [block.model_dump_json() for block in blocks]
    assert fault(blocks, 1) == fault(blocks, 1)
    assert fault(blocks, 1) != fault(blocks, 2)
    assert [block.model_dump_json() for block in blocks] == before


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_of_the_scale_mean_none_and_all(share: float) -> None:
    blocks = stream(2, 10)
    assert len(faults.drop(blocks, share)) == round((1 - share) * len(blocks))
    assert len(faults.repeat(blocks, share)) == round((1 + share) * len(blocks))


def counts(block: ImuBlock) -> np.ndarray:
    return np.frombuffer(block.accel_i16 or b"", "<i2")


def timed_samples(blocks: Sequence[Block]) -> dict[tuple[str, int], tuple[int, ...]]:
    """Return every sample by device and time, to the microsecond."""
    found: dict[tuple[str, int], tuple[int, ...]] = {}
    for block in blocks:
        if isinstance(block, ImuBlock):
            for i, sample in enumerate(counts(block).reshape(-1, 3)):
                found[block.device, round(block.t_ns(i) / 1000)] = tuple(map(int, sample))
    return found
