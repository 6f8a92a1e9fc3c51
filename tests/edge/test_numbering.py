from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.event import EventBlock
from edge.numbering import Numbering
from tests.edge.samples import imu


def numbering() -> Numbering:
    boots = count(100)
    return Numbering(lambda _device: next(boots))


def press(seq: int, t0_ns: int) -> EventBlock:
    """An event of a device that counts, but not its restarts."""
    return EventBlock(device="button-1", seq=seq, t0_ns=t0_ns, event="sos")


def test_a_device_that_counts_nothing_is_counted_by_kind() -> None:
    given_out = numbering()
    blocks = [given_out.number(block) for block in (imu(9), imu(9), press(9, 1), imu(9, "belt-02"))]
    assert [(b.device, b.boot, b.seq) for b in blocks] == [
        ("belt-01", 100, 0),
        ("belt-01", 100, 1),
        ("button-1", 101, 0),
        ("belt-02", 102, 0),
    ]


def test_a_boot_that_the_device_gives_is_left_alone() -> None:
    assert numbering().complete(imu(5, boot=0)) == imu(5, boot=0)


@pytest.mark.parametrize(
    ("heard", "boots"),
    [
        pytest.param([(0, 10), (1, 11), (2, 12)], [100, 100, 100], id="in order"),
        pytest.param([(0, 10), (0, 10)], [100, 100], id="a copy"),
        pytest.param([(5, 15), (4, 14), (6, 16)], [100, 100, 100], id="reordered"),
        pytest.param([(5, 15), (0, 20), (1, 21)], [100, 101, 101], id="restarted"),
        pytest.param([(0, 10), (0, 11)], [100, 101], id="restarted after its first block"),
        pytest.param([(5, 15), (9, 3)], [100, 100], id="its clock was set back"),
    ],
)
def test_a_restart_is_seen_by_the_count_that_falls_while_time_goes_on(
    heard: list[tuple[int, int]], boots: list[int]
) -> None:
    given_out = numbering()
    assert [given_out.complete(press(seq, t_ns)).boot for seq, t_ns in heard] == boots


@given(st.lists(st.sampled_from(["belt-01", "belt-02"]), max_size=40))
def test_no_number_is_given_twice(devices: list[str]) -> None:
    given_out = numbering()
    keys = [
        (b.device, b.boot, b.seq) for b in (given_out.number(imu(0, device)) for device in devices)
    ]
    assert len(set(keys)) == len(keys)
