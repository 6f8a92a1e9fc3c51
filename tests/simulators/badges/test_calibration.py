"""From labelled reads to `[[hearing]]`: nothing is lost, nothing is invented."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.hearing import Hearing
from contract.instants import NS_PER_S
from simulators.badges.calibration import PAUSE_NS, Labelled, hearings

T0_NS = 1_753_218_900_000_000_000


def at(seconds: float, level: float | None = -60, zone: str = "a", point: str = "1") -> Labelled:
    return Labelled(zone, "reader-1", point, T0_NS + round(seconds * NS_PER_S), level)


heard = st.lists(
    st.builds(
        at,
        st.floats(0, 300),
        st.one_of(st.none(), st.floats(-150, 30)),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["1", "2", "3"]),
    ),
    max_size=60,
)


@given(heard)
def test_every_read_is_in_one_table(labelled: list[Labelled]) -> None:
    tables = hearings(labelled)
    reads = Counter((each.zone, each.point) for each in labelled)
    told = Counter((each.zone, each.point) for each in labelled if each.rssi_dbm is not None)
    assert {(t.zone, t.point): t.reads for t in tables} == reads
    assert {(t.zone, t.point): sum(t.counts) for t in tables if t.counts} == told


@given(heard)
def test_every_level_is_counted_where_it_is(labelled: list[Labelled]) -> None:
    for table in hearings(labelled):
        levels = [
            round(each.rssi_dbm)
            for each in labelled
            if (each.zone, each.point) == (table.zone, table.point) and each.rssi_dbm is not None
        ]
        for number, count in enumerate(table.counts):
            lowest = table.from_dbm + number * table.step_db
            assert count == sum(lowest <= level < lowest + table.step_db for level in levels)


@given(heard, st.randoms(use_true_random=False))
def test_the_order_of_reads_says_nothing(labelled: list[Labelled], random: object) -> None:
    shuffled = sorted(labelled, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert hearings(shuffled) == hearings(labelled)


WALKED = [at(second) for second in range(61)]


@pytest.mark.parametrize(
    ("labelled", "seconds"),
    [
        pytest.param(WALKED, 60, id="a minute at one read a second"),
        pytest.param([*WALKED, at(65)], 65, id="a silence of five seconds is a shadow"),
        pytest.param([*WALKED, at(65.1)], 60, id="a longer one is a pause"),
        pytest.param([*WALKED, *[at(3600 + s) for s in range(31)]], 90, id="two walks add up"),
        pytest.param(WALKED * 2, 60, id="copies last no longer"),
        pytest.param([*WALKED[::-1]], 60, id="reads that go back in time"),
        pytest.param([*WALKED, at(63, point="2")], 63, id="any antenna counts"),
        pytest.param([at(0)], 1, id="a single read: not nothing"),
        pytest.param([at(0), at(3600)], 1, id="two reads an hour apart"),
    ],
)
def test_a_zone_was_walked_in_for_so_long(labelled: list[Labelled], seconds: float) -> None:
    assert {table.seconds for table in hearings(labelled)} == {seconds}


@given(st.floats(PAUSE_NS / NS_PER_S + 0.01, 10_000))
def test_a_longer_pause_is_no_walking(pause_s: float) -> None:
    later = [at(60 + pause_s + second) for second in range(11)]
    assert [table.seconds for table in hearings([*WALKED, *later])] == [70]


def test_zones_do_not_lend_each_other_time() -> None:
    tables = hearings([*WALKED, *[at(second, zone="b") for second in range(31)]])
    assert {table.zone: table.seconds for table in tables} == {"a": 60, "b": 30}


def test_a_reader_that_tells_no_level_is_counted_without() -> None:
    (table,) = hearings([at(second, None) for second in range(11)])
    assert (table.reads, table.counts) == (11, ())


def test_a_table_reads_as_one_would_write_it_by_hand() -> None:
    levels = [-61.0, -60.4, -60.0, -57.0, -54.0]
    assert hearings([at(second, level) for second, level in enumerate(levels)]) == (
        Hearing(
            reader="reader-1",
            point="1",
            zone="a",
            seconds=4,
            reads=5,
            from_dbm=-62,
            step_db=2,
            counts=(1, 2, 1, 0, 1),
        ),
    )


def test_nothing_gives_no_tables() -> None:
    assert hearings([]) == ()
