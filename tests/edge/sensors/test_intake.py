"""Whose reads they are, and when they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.door import DoorBlock
from contract.instants import NS_PER_S
from contract.moment import AHEAD_NS, BEHIND_NS
from contract.reads import ReadsBlock
from edge.sensors.heard import Heard, Passed, Unread
from edge.sensors.intake import MAX_IN_BLOCK, Intake, Names
from tests.support.vendors import doors_of, reads_of, reasons

NOW_NS = 1_780_000_000 * NS_PER_S
NORTH = Names(reader="reader-north")


@pytest.mark.parametrize(
    ("names", "said", "called", "device"),
    [
        pytest.param(Names("north"), "other", "third", "north", id="the table says"),
        pytest.param(Names(readers={"c4:7d:cc:00:00:01": "north"}), "C4:7D:CC:00:00:01", None,
                     "north", id="listed, in another case"),
        pytest.param(Names(), "Impinj-01.23", "gate", "impinj-01-23", id="the payload says"),
        pytest.param(Names(), None, "gate-3", "gate-3", id="the topic says"),
        pytest.param(Names(readers={"gate-3": "dock"}), None, "gate-3", "dock", id="topic, listed"),
        pytest.param(Names(), None, None, None, id="nobody says"),
        pytest.param(Names(), "///", None, None, id="nothing left of it"),
    ],
)  # fmt: skip
def test_which_device_a_reader_is(
    names: Names, said: str | None, called: str | None, device: str | None
) -> None:
    measured, refused = Intake(names).take([Heard("e2", said)], called, NOW_NS)
    assert [part.block.device for part in measured] == ([device] if device else [])
    assert len(refused) == (0 if device else 1), "a tag of a nameless reader is refused by name"


@pytest.mark.parametrize(
    ("said_ns", "taken_ns", "doubts"),
    [
        pytest.param(None, NOW_NS, 0, id="no clock"),
        pytest.param(NOW_NS - 3_600 * NS_PER_S, NOW_NS - 3_600 * NS_PER_S, 0, id="kept an hour"),
        pytest.param(NOW_NS - BEHIND_NS, NOW_NS - BEHIND_NS, 0, id="the oldest"),
        pytest.param(NOW_NS - BEHIND_NS - 1, NOW_NS, 1, id="lost its time"),
        pytest.param(0, NOW_NS, 1, id="1970"),
        pytest.param(NOW_NS + AHEAD_NS, NOW_NS + AHEAD_NS, 0, id="the most ahead"),
        pytest.param(NOW_NS + AHEAD_NS + 1, NOW_NS, 1, id="in the future"),
    ],
)
def test_an_absurd_clock_costs_the_time_and_is_counted_but_never_the_tag(
    said_ns: int | None, taken_ns: int, doubts: int
) -> None:
    measured, refused = Intake(NORTH).take([Heard("e2", t_ns=said_ns)], None, NOW_NS)
    assert [read.t_ns for _, read in reads_of(measured)] == [taken_ns]
    assert [refusal.device for refusal in refused] == ["reader-north"] * doubts


def test_the_agents_clock_may_be_asked_for() -> None:
    intake = Intake(NORTH, clock="agent")
    measured, refused = intake.take([Heard("e2", t_ns=NOW_NS - NS_PER_S)], None, NOW_NS)
    assert [read.t_ns for _, read in reads_of(measured)] == [NOW_NS]
    assert not refused


@pytest.mark.parametrize(
    ("said_ns", "taken"),
    [
        pytest.param(NOW_NS - NS_PER_S, 1, id="with its time"),
        pytest.param(None, 0, id="without"),
        pytest.param(5, 0, id="with an absurd one"),
    ],
)
def test_what_the_broker_kept_is_taken_only_with_its_time(said_ns: int | None, taken: int) -> None:
    measured, refused = Intake(NORTH).take([Heard("e2", t_ns=said_ns)], None, NOW_NS, retained=True)
    assert (len(measured), len(refused)) == (taken, 1 - taken)


def test_reads_of_several_readers_are_a_block_each_and_doors_too() -> None:
    parts: list[Heard | Passed | Unread] = [
        Heard("e2", "a"), Heard("e3", "b"), Heard("e4", "a"), Unread("torn", "b"),
        Passed("77", "Gate 1", granted=True, direction="in", reader="c"),
    ]  # fmt: skip
    measured, refused = Intake().take(parts, None, NOW_NS)
    assert [(part.block.device, part.block.message) for part in measured] == [
        ("a", "reads/1"), ("b", "reads/1"), ("c", "door/1"),
    ]  # fmt: skip
    assert [read.tag for device, read in reads_of(measured) if device == "a"] == ["e2", "e4"]
    (doors,) = doors_of(measured)
    assert doors.events[0].door == "gate-1"
    assert [(refusal.device, refusal.reason) for refusal in refused] == [("b", "torn")]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(Heard("NO TAG"), id="tag"),
        pytest.param(Heard("e2", rssi_dbm=99.0), id="level"),
        pytest.param(Heard("e2", position_m=(1e9, 0.0)), id="position"),
        pytest.param(Passed("77", "!!!", granted=True), id="door"),
    ],
)
def test_what_the_contract_refuses_costs_only_itself(part: Heard | Passed) -> None:
    measured, refused = Intake(NORTH).take([part, Heard("e2")], None, NOW_NS)
    assert len(reads_of(measured)) == 1
    assert len(refused) == 1
    assert reasons(refused)


_TAGS = st.sampled_from(["e2", "e3", "aa:bb:cc:dd:ee:ff"])
_PARTS = st.one_of(
    st.builds(
        Heard, _TAGS, st.none() | st.text(max_size=5), t_ns=st.none() | st.integers(0, 2**62)
    ),
    st.builds(Unread, st.just("torn"), st.none() | st.text(max_size=5)),
    st.builds(Passed, _TAGS, st.text(max_size=5), st.booleans(), t_ns=st.none() | st.just(NOW_NS)),
)


@given(st.lists(_PARTS, max_size=30), st.booleans())
def test_every_part_is_in_a_block_or_refused(
    parts: list[Heard | Passed | Unread], retained: bool
) -> None:
    measured, refused = Intake().take(parts, "gate", NOW_NS, retained=retained)
    taken = len(reads_of(measured)) + sum(len(block.events) for block in doors_of(measured))
    assert taken + len(refused) >= len(parts)
    for part in measured:
        assert isinstance(part.block, ReadsBlock | DoorBlock)
        assert not part.numbered
        assert part.block.t0_ns <= part.block.end_ns


def test_more_reads_than_a_block_holds_are_several_blocks() -> None:
    parts = [Heard(f"{number:04x}") for number in range(MAX_IN_BLOCK * 2 + 1)]
    measured, _ = Intake(NORTH).take(parts, None, NOW_NS)
    assert len(measured) == 3
    assert [read.tag for _, read in reads_of(measured)] == [part.tag for part in parts]
