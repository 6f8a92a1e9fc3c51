"""A course is scored as one would by hand; and one badge is followed through a room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.zone.presence import PresenceSettings
from simulators.badges import room as room_module
from simulators.badges.calibration import hearings
from simulators.badges.quadrants import labelled
from simulators.badges.recording import Recording
from simulators.badges.room import Course, Entry, follow, room
from tests.support.badge_recordings import ANTENNAS, as_reads, standing

IN_A = Course((Entry(2, "a"),), 20)
THERE_AND_BACK = Course((Entry(2, "a"), Entry(6, "b"), Entry(8, "a"), Entry(12, None)), 20)
NEVER = Course((), 20)


@pytest.mark.parametrize(
    ("course", "from_s", "share", "first", "wrong"),
    [
        pytest.param(NEVER, 0, 0.0, None, 0, id="never named"),
        pytest.param(IN_A, 0, 0.9, 2, 0, id="named after 2 of 20 s"),
        pytest.param(IN_A, 10, 1.0, 2, 0, id="what came before is not scored"),
        pytest.param(THERE_AND_BACK, 0, 0.4, 2, 1, id="elsewhere, and nowhere at last"),
        pytest.param(THERE_AND_BACK, 10, 0.2, 2, 1, id="a wrong entry counts however early"),
        pytest.param(Course((Entry(1, "b"), Entry(3, "c")), 20), 0, 0.0, None, 2, id="two wrong"),
        pytest.param(Course((Entry(1, "b"), Entry(19, "a")), 20), 0, 0.05, 19, 1, id="late"),
        pytest.param(Course((Entry(21, "a"),), 20), 0, 0.0, 21, 0, id="after the last read"),
        pytest.param(Course((Entry(1, "a"),), 8), 10, 0.0, 1, 0, id="shorter than it settles"),
    ],
)
def test_a_course_is_scored(
    course: Course, from_s: float, share: float, first: float | None, wrong: int
) -> None:
    assert course.share({"a"}, from_s) == pytest.approx(share)
    assert course.first({"a"}) == first
    assert course.wrong({"a"}) == wrong


def test_the_first_entry_after_a_moment_is_asked_for() -> None:
    assert THERE_AND_BACK.first({"a"}, 3) == 8
    assert THERE_AND_BACK.first({"b"}, 6) == 6
    assert THERE_AND_BACK.first({"a"}, 9) is None


ZONES = ("a", "b", "c")


@st.composite
def courses(draw: st.DrawFn) -> Course:
    at = sorted(draw(st.lists(st.floats(0, 60), max_size=10)))
    zones = draw(st.lists(st.sampled_from([*ZONES, None]), min_size=len(at), max_size=len(at)))
    return Course(tuple(map(Entry, at, zones)), draw(st.floats(1, 60)))


@given(courses(), st.floats(0, 30))
def test_shares_of_all_zones_add_up_to_no_more_than_the_whole(
    course: Course, from_s: float
) -> None:
    shares = [course.share({zone}, from_s) for zone in ZONES]
    assert sum(shares) == pytest.approx(course.share(ZONES, from_s))
    assert all(0 <= share <= 1 + 1e-9 for share in [*shares, sum(shares)])


@given(courses())
def test_who_is_said_to_come_in_comes_right_or_wrong(course: Course) -> None:
    entries = sum(entry.zone is not None for entry in course.entries)
    assert entries == course.wrong({"a"}) + course.wrong({"b", "c"})


TAUGHT = [Recording(z, z, as_reads(standing(a, 60))) for a, z in ANTENNAS.items()]
SITE = room(ANTENNAS, (), hearings(labelled(TAUGHT)))
CROSSING = as_reads([*standing("2", 30, 100), *standing("3", 30, 130)])


def test_who_is_well_heard_is_found_and_followed() -> None:
    course = follow(SITE, CROSSING)
    assert [entry.zone for entry in course.entries] == ["quadrant-2", "quadrant-3"]
    came_s, crossed_s = (entry.at_s for entry in course.entries)
    assert came_s < 3
    assert 30 < crossed_s < 34
    assert course.lasts_s == pytest.approx(60, abs=0.1)


def test_who_falls_silent_is_followed_to_the_last_read() -> None:
    """Also what the last second says is judged: reads may be late, and nothing comes after them."""
    found = follow(SITE, CROSSING[: len(CROSSING) // 2])
    assert found.share({"quadrant-2"}, 10) == 1.0


def test_reads_that_come_at_the_very_end_are_judged_too() -> None:
    assert [entry.zone for entry in follow(SITE, CROSSING[:9]).entries] == ["quadrant-2"]


@pytest.mark.parametrize("block_reads", [1, 3, 10_000])
def test_where_blocks_are_cut_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, block_reads: int
) -> None:
    as_usual = follow(SITE, CROSSING)
    monkeypatch.setattr(room_module, "BLOCK_READS", block_reads)
    assert follow(SITE, CROSSING) == as_usual


def test_settings_are_obeyed() -> None:
    slow = follow(SITE, CROSSING, PresenceSettings(enter_reads=100))
    assert slow.entries[0].at_s > follow(SITE, CROSSING).entries[0].at_s + 2


def test_reads_that_no_antenna_of_the_room_heard_put_nobody_anywhere() -> None:
    strange = [read._replace(point="9") for read in CROSSING]
    assert follow(SITE, strange).entries == ()
