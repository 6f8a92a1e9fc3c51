"""A window holds the samples around the onset, as far as they join up."""

from __future__ import annotations

import numpy as np
import pytest

from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from gateway.waveform import Cut, cut
from tests.support.site_of_two import SCALE_G, START_NS, imu

SAMPLE_NS = NS_PER_S // 50


def window(blocks: list[ImuBlock], onset_s: float = 10.0) -> Cut | None:
    onset_ns = START_NS + ns(onset_s)
    return cut(blocks, onset_ns, onset_ns - ns(5), onset_ns + ns(15))


WINDOWS = [
    pytest.param(range(40), (5.0, 25.0), id="everything is there"),
    pytest.param(range(13), (5.0, 12.98), id="the rest is still to come"),
    pytest.param(range(8, 40), (8.0, 25.0), id="the device was just switched on"),
    pytest.param([*range(15), *range(20, 40)], (5.0, 14.98), id="a gap after the onset ends it"),
    pytest.param([*range(7), *range(9, 40)], (9.0, 25.0), id="a gap before the onset begins it"),
    pytest.param([*range(5, 9), *range(12, 40)], (5.0, 8.98), id="a gap at the onset"),
    pytest.param([3], None, id="nothing reaches into it"),
    pytest.param([], None, id="nothing at all"),
]


@pytest.mark.parametrize(("seqs", "reach_s"), WINDOWS)
def test_a_window_reaches_as_far_as_the_samples_join_up(
    seqs: list[int], reach_s: tuple[float, float] | None
) -> None:
    found = window([imu(seq) for seq in seqs])
    if reach_s is None:
        assert found is None
        return
    assert found is not None
    assert found.t0_ns == START_NS + ns(reach_s[0])
    assert found.end_ns == START_NS + ns(reach_s[1])
    assert len(found.accel_i16) // 6 == (found.end_ns - found.t0_ns) // SAMPLE_NS + 1


def test_the_devices_own_steps_are_passed_on_untouched() -> None:
    blocks = [imu(seq) for seq in range(40)]
    found = window(blocks)
    assert found is not None
    raw = b"".join(block.accel_i16 or b"" for block in blocks[5:26])
    assert found.scale_g == SCALE_G
    assert found.accel_i16 == raw[: len(found.accel_i16)]


def test_blocks_of_another_form_are_put_on_one_scale() -> None:
    plain = ImuBlock(
        device="belt-1",
        seq=10,
        t0_ns=START_NS + ns(10),
        odr_hz=50,
        accel_g=((0.0, 8.0, -0.5),) * 50,
    )
    found = window([imu(9), plain, imu(11)])
    assert found is not None
    accel = np.frombuffer(found.accel_i16, "<i2").reshape(-1, 3) * found.scale_g
    assert accel[0] == pytest.approx([0, 1, 0], abs=0.001)
    assert accel[60] == pytest.approx([0, 8, -0.5], abs=0.001)


def test_stamps_that_jitter_do_not_break_a_window() -> None:
    blocks = [imu(n, t0_ns=START_NS + n * NS_PER_S + (n % 3) * ns(0.05)) for n in range(40)]
    found = window(blocks)
    assert found is not None
    assert len(found.accel_i16) // 6 == pytest.approx(20 * 50, abs=10)


def test_a_copy_under_another_number_is_left_out() -> None:
    blocks = [imu(n) for n in range(40)]
    doubled = sorted([*blocks, imu(12, boot=2)], key=lambda block: block.t0_ns)
    assert window(doubled) == window(blocks)


def test_another_rate_ends_a_window() -> None:
    fast = imu(12).model_copy(update={"odr_hz": 100.0})
    found = window([*(imu(n) for n in range(12)), fast])
    assert found is not None
    assert found.end_ns == imu(11).end_ns
