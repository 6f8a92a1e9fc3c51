"""Who was heard last, when and where; and how little of it leaves the gateway."""

from __future__ import annotations

import pytest

from contract.door import DoorBlock, DoorEvent
from contract.instants import ns
from contract.message import Block
from gateway.last_heard import OF_LATE_NS, LastHeard
from tests.support.pages import START_NS
from tests.support.place_site import heard, place_site
from tests.support.site_of_two import imu

NOW_NS = START_NS + ns(60)
BADGE = "e280aa03"


class Hall:
    """A census, and a belief about zones that a test sets."""

    def __init__(self) -> None:
        self.believed: dict[str, str] = {}
        self.site = place_site()
        self.census = LastHeard(self.site, self.believed.get)

    def told(self, *, evacuation: bool) -> dict[str, tuple[str | None, bool, int]]:
        found = self.census.whereabouts(NOW_NS, evacuation=evacuation)
        return {each.person: (each.zone, each.inside, each.heard_ns - START_NS) for each in found}


@pytest.fixture
def hall() -> Hall:
    return Hall()


DOOR = DoorBlock(
    device="plc-3",
    seq=1,
    t0_ns=START_NS,
    events=(DoorEvent(door="gate", tag=BADGE, granted=True, t_ns=START_NS + 7),),
)


@pytest.mark.parametrize(
    ("block", "seen"),
    [
        pytest.param(heard(BADGE), {"m-keller": ("robot-cell", False, 0)}, id="a reader's point"),
        pytest.param(heard(BADGE, point="9"), {"m-keller": (None, False, 0)}, id="unknown point"),
        pytest.param(heard("ffff"), {}, id="nobody's tag"),
        pytest.param(imu(device="belt-10", t0_ns=START_NS), {"k-sato": (None, False, ns(0.98))},
                     id="a belt says when, not where"),
        pytest.param(DOOR, {"m-keller": (None, False, 7)}, id="a badge at a door"),
    ],
)  # fmt: skip
def test_signs_of_people(
    hall: Hall, block: Block, seen: dict[str, tuple[str | None, bool, int]]
) -> None:
    hall.census.note(block)
    assert hall.told(evacuation=True) == seen
    assert hall.told(evacuation=False) == {}


def test_the_pipelines_belief_is_worth_more_than_a_lone_read(hall: Hall) -> None:
    hall.believed["m-keller"] = "press-line"
    hall.census.note(heard(BADGE))
    assert hall.told(evacuation=True)["m-keller"] == ("press-line", True, 0)
    del hall.believed["m-keller"]
    assert hall.told(evacuation=True)["m-keller"] == ("press-line", False, 0)


def test_outside_an_evacuation_only_whoever_stands_in_a_hazard_is_told(hall: Hall) -> None:
    hall.census.note(heard(BADGE))
    hall.census.note(imu(device="belt-10", t0_ns=START_NS))
    hall.believed.update({"m-keller": "robot-cell", "k-sato": "press-line"})
    assert set(hall.told(evacuation=False)) == {"m-keller"}
    assert set(hall.told(evacuation=True)) == {"m-keller", "k-sato"}


def test_reads_that_go_back_in_time_do_not(hall: Hall) -> None:
    hall.census.note(heard(BADGE, t0_ns=START_NS + 9))
    hall.census.note(heard(BADGE, t0_ns=START_NS, point="2"))
    assert hall.told(evacuation=True)["m-keller"] == ("robot-cell", False, 9)


def test_whoever_was_heard_yesterday_is_not_at_work(hall: Hall) -> None:
    hall.census.note(heard(BADGE, t0_ns=NOW_NS - OF_LATE_NS - 1))
    assert hall.told(evacuation=True) == {}


def test_a_later_process_knows_what_this_one_wrote_down(hall: Hall) -> None:
    hall.census.note(heard(BADGE))
    rows = hall.census.changed()
    assert hall.census.changed() == []
    later = Hall()
    later.census.restore([*rows, ("left-us", "yard", START_NS)])
    assert later.told(evacuation=True) == {"m-keller": ("robot-cell", False, 0)}


def test_a_tag_is_whose_the_pipeline_says_it_was(hall: Hall) -> None:
    later = START_NS + ns(5)
    census = LastHeard(hall.site, wearer_of=lambda tag, at_ns: "o-lund" if at_ns >= later else None)
    census.note(heard("ff01", t0_ns=later - 1))
    assert census.whereabouts(NOW_NS, evacuation=True) == ()
    census.note(heard("ff01", t0_ns=later))
    assert [each.person for each in census.whereabouts(NOW_NS, evacuation=True)] == ["o-lund"]
