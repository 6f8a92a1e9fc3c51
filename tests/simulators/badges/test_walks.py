"""Lines walked across a room: which corner is whose, and when a crossing counts as followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.badges.quadrants import OURS
from simulators.badges.recording import quadrants
from simulators.badges.walks import Corners, WalkScore, scores, walks
from simulators.errors import RecordingError
from tests.support.badge_recordings import (
    ANTENNAS,
    CORNER_FT,
    csv_of,
    four_quadrants,
    line,
    standing,
    write_walk,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for one, other in ("12", "23", "34", "41"):
        write_walk(tmp_path / "walks", f"Move-{one}{other}", *line(one, other))
    return tmp_path / "walks"


def test_the_antenna_of_a_corner_is_found_where_walks_begin_and_end(folder: Path) -> None:
    corners = Corners.of(walks(folder))
    assert corners.middle_ft == (7.5, 7.5)
    for antenna, place_ft in CORNER_FT.items():
        assert corners.at(place_ft) == {antenna}


@pytest.mark.parametrize(
    ("place_ft", "antennas"),
    [
        pytest.param((7.4, 7.6), "2", id="just inside one"),
        pytest.param((7.5, 1), "14", id="on a border of two"),
        pytest.param((7.5, 7.5), "1234", id="in the middle of all"),
    ],
)
def test_on_a_border_somebody_is_in_both(
    folder: Path, place_ft: tuple[float, float], antennas: str
) -> None:
    assert Corners.of(walks(folder)).at(place_ft) == set(antennas)


def test_clear_crossings_are_followed_by_everybody(folder: Path, tmp_path: Path) -> None:
    found = {s.system: s for s in scores(walks(folder), quadrants(four_quadrants(tmp_path)))}
    for score in found.values():
        assert (score.walks, score.wrong_entries, score.speed) == (4, 0, "slow")
        assert score.minutes == pytest.approx(4 * 20 / 60, rel=0.01)
        assert score.followed == 1.0
    ours_s = found[OURS].p50_s
    one_s, ten_s = (found[f"strongest antenna, {n} s"].p50_s for n in (1, 10))
    assert ours_s is not None
    assert one_s is not None
    assert ten_s is not None
    assert one_s < ten_s
    assert ours_s < 4


def test_an_entry_far_from_the_line_is_wrong(tmp_path: Path) -> None:
    ends, reads = line("1", "2")
    third = standing("3", 3, 8)
    inserted = [*reads[:160], *third, *reads[220:]]
    write_walk(tmp_path / "walks", "straight", ends, inserted)
    for one, other in ("23", "34"):
        write_walk(tmp_path / "walks", f"Move-{one}{other}", *line(one, other))
    found = scores(walks(tmp_path / "walks"), quadrants(four_quadrants(tmp_path)))
    assert [s.wrong_entries for s in found if s.system == "strongest antenna, 1 s"] == [1]


def test_who_is_named_before_the_middle_and_ever_after_was_followed_at_once(
    tmp_path: Path, folder: Path
) -> None:
    ends, _ = line("1", "2")
    (folder / "Move-12.csv").write_text(
        csv_of([*standing("1", 8), *standing("2", 12, 8)]), encoding="utf-8"
    )
    assert walks(folder)[0].end_ft == tuple(ends[2:])
    found = {s.system: s for s in scores(walks(folder), quadrants(four_quadrants(tmp_path)))}
    assert found["strongest antenna, 1 s"].followed_s[0] == 0.0


def test_who_is_not_followed_counts_as_infinitely_late() -> None:
    def p50(*followed_s: float, walks: int) -> float | None:
        return WalkScore("x", "slow", walks, followed_s, 0, 1.0).p50_s

    assert p50(1, 2, 3, walks=3) == 2
    assert p50(1, 2, 3, walks=5) == 3
    assert p50(1, 2, walks=5) is None
    assert p50(walks=0) is None
    assert WalkScore("x", "slow", 4, (1.0, 2.0, 3.0), 0, 1.0).followed == 0.75


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("move-12,", "move-99,", 'line 2: no file "move-99"', id="a file not there"),
        pytest.param("start_y_true", "start_z", "no column start_y_true", id="no such column"),
        pytest.param("slow,1,1,", "slow,one,1,", "line 2: could not convert", id="words"),
        pytest.param("slow,1,1,", "slow,nan,1,", "line 2", id="no number"),
        pytest.param("slow,1,1,1,14", "slow,1,1", "line 2 is cut short", id="cut short"),
    ],
)
def test_paths_that_cannot_be_meant_are_refused(
    folder: Path, old: str, new: str, said: str
) -> None:
    paths = folder / "paths.csv"
    before = paths.read_text()
    assert old in before
    paths.write_text(before.replace(old, new, 1))
    with pytest.raises(RecordingError, match=said) as refused:
        walks(folder)
    assert str(paths) in str(refused.value)


def test_no_paths_at_all(folder: Path) -> None:
    heads = (folder / "paths.csv").read_text().splitlines()[0]
    (folder / "paths.csv").write_text(heads + "\n")
    with pytest.raises(RecordingError, match="lists no walk"):
        walks(folder)
    (folder / "paths.csv").unlink()
    with pytest.raises(RecordingError, match=r"paths\.csv: No such file"):
        walks(folder)


def test_a_walk_without_reads_is_named(folder: Path) -> None:
    (folder / "Move-23.csv").write_text("t_us,antenna,rssi_dbm,epc\n")
    with pytest.raises(RecordingError, match=r"Move-23\.csv: holds no read"):
        walks(folder)


def test_a_room_that_calibration_does_not_know(folder: Path, tmp_path: Path) -> None:
    known = quadrants(four_quadrants(tmp_path))
    less = type(known)({a: z for a, z in ANTENNAS.items() if a != "3"}, known.recordings[:2])
    with pytest.raises(RecordingError, match="antenna 3"):
        scores(walks(folder), less)


def test_walks_that_stay_where_they_are_say_nothing(tmp_path: Path) -> None:
    for number, antenna in enumerate("1234"):
        x, y = CORNER_FT[antenna]
        write_walk(tmp_path / "walks", f"stay-{number}", [x, y, x, y], standing(antenna, 20))
    with pytest.raises(RecordingError, match="no walk begins in one quadrant"):
        scores(walks(tmp_path / "walks"), quadrants(four_quadrants(tmp_path)))
