"""The bench on recordings: its parts, its figures by hand, and what real recordings must give."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from detectors.zone.presence import PresenceSettings
from simulators.badges import bench
from simulators.badges.quadrants import OURS, UNCALIBRATED, Score, scores
from simulators.badges.recording import quadrants
from simulators.errors import RecordingError
from tests.support.badge_recordings import (
    ANTENNAS,
    all_parts,
    standing,
    write_quadrants,
)

pytestmark = pytest.mark.slow

FIGURES = {
    "recordings",
    "share_right",
    "wrong_entries",
    "minutes",
    "wrong_entries_per_10min",
    "first_entry_p50_s",
    "first_entry_max_s",
}
"""As issue 4 names them; programs read them."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with all three parts."""
    return all_parts(tmp_path / "data")


def test_the_figures_are_those_that_one_finds_by_hand() -> None:
    score = Score("x", (1.0, 0.5, 0.0), (70.0, 40.0, 8.0), 3, (1.0, 30.0, None))
    assert score.share_right == pytest.approx((60 + 15) / 90)
    assert score.minutes == pytest.approx(118 / 60)
    assert score.wrong_per_10min == pytest.approx(3 / (118 / 600))
    assert (score.first_p50_s, score.first_max_s, score.never_found) == (8.0, 30.0, 1)


def test_a_clear_room_is_all_right(data: Path) -> None:
    answer = bench.for_programs(bench.measure(data))
    assert set(answer) == {"quadrants", "ble", "walks"}
    assert set(answer["quadrants"]) >= FIGURES
    assert answer["quadrants"]["recordings"] == 4
    assert answer["quadrants"]["minutes"] == pytest.approx(4 * 20 / 60, rel=0.01)
    assert answer["quadrants"]["share_right"] == 1.0
    assert answer["quadrants"]["wrong_entries"] == 0
    assert answer["ble"]["share_right"] == 1.0
    assert {row["wrong_entries"] for row in answer["walks"]} == {0}


def test_only_the_second_half_is_scored_and_it_taught_nothing(tmp_path: Path) -> None:
    """Then the antennas have changed places: who learned from that half would be right."""
    turned = dict(zip("1234", "2341", strict=True))
    folder = write_quadrants(
        tmp_path,
        [
            (zone, [*standing(own, 30), *standing(turned[own], 30, 30)])
            for own, zone in ANTENNAS.items()
        ],
    )
    (ours,) = (s for s in scores(quadrants(folder)) if s.system == OURS)
    assert ours.share_right == 0.0
    assert (ours.wrong_entries, ours.never_found) == (4, 4)
    assert sum(ours.lasts_s) == pytest.approx(4 * 30, rel=0.02)


def test_calibrated_with_other_recordings(data: Path, tmp_path: Path) -> None:
    other = write_quadrants(
        tmp_path / "other",
        [(z, standing(a, 40)) for a, z in zip("2341", ANTENNAS.values(), strict=True)],
    )
    (tmp_path / "site").mkdir()
    other.rename(tmp_path / "site" / "quadrants")
    for folder in (tmp_path / "site", tmp_path / "site" / "quadrants"):
        measured = bench.measure(data, folder)
        found = {s.system: s for s in measured.quadrants or ()}
        ours = [s for s in measured.walks or () if s.system == OURS]
        assert [s.followed_s for s in ours] == [()]
        assert found[OURS].share_right == 0.0, "it was taught that each antenna stands elsewhere"
        assert found[UNCALIBRATED].share_right == 1.0


@pytest.mark.parametrize(
    ("antennas", "said"),
    [
        pytest.param({"1": "hall", "2": "yard"}, "calibrated in hall, yard", id="another room"),
        pytest.param(None, r"truth\.json: No such file", id="no room"),
    ],
)
def test_calibrated_with_what_cannot_be_used(
    data: Path, tmp_path: Path, antennas: dict[str, str] | None, said: str
) -> None:
    other = tmp_path / "other"
    if antennas is not None:
        write_quadrants(other, [(z, standing(a, 20)) for a, z in antennas.items()], antennas)
    with pytest.raises(RecordingError, match=said):
        bench.measure(data, other)


def test_calibrated_with_one_zone_more(data: Path, tmp_path: Path) -> None:
    antennas = ANTENNAS | {"5": "corridor"}
    other = write_quadrants(
        tmp_path / "other", [(z, standing(a, 20)) for a, z in antennas.items()], antennas
    )
    (ours, *_) = bench.measure(data, other).quadrants or ()
    assert ours.share_right == 1.0


@pytest.mark.parametrize(
    ("spoil", "left", "said"),
    [
        pytest.param("quadrants", {"ble"}, "walks: nothing to calibrate with", id="quadrants"),
        pytest.param("walks", {"quadrants", "ble"}, "there is no folder", id="walks"),
        pytest.param("ble-entry", {"quadrants", "walks"}, "there is no folder", id="bluetooth"),
    ],
)
def test_a_part_that_is_not_there_is_said_and_left_out(
    data: Path, spoil: str, left: set[str], said: str
) -> None:
    shutil.rmtree(data / spoil)
    answer = bench.for_programs(bench.measure(data))
    assert set(answer) == left | {"absent"}
    assert any(said in sentence for sentence in answer["absent"])
    assert any(sentence.startswith(f"{spoil}: ") for sentence in answer["absent"])


@pytest.mark.parametrize(
    ("file", "key"),
    [
        pytest.param("quadrants/truth.json", "quadrants", id="quadrants"),
        pytest.param("walks/paths.csv", "walks", id="walks"),
        pytest.param("ble-entry/reads.csv.gz", "ble", id="bluetooth"),
    ],
)
def test_a_part_that_cannot_be_read_is_said_and_left_out(data: Path, file: str, key: str) -> None:
    (data / file).write_bytes(b"\x00\xff")
    answer = bench.for_programs(bench.measure(data))
    assert key not in answer
    assert any(str(data / file) in sentence for sentence in answer["absent"])


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no folder") as refused:
        bench.measure(tmp_path)
    assert all(part in str(refused.value) for part in ("quadrants", "walks", "ble-entry"))


def test_tables_have_as_many_cells_as_heads(data: Path) -> None:
    found = bench.measure(data)
    for rows, heads in (
        (bench.quadrant_rows(found.quadrants or ()), bench.QUADRANT_HEADS),
        (bench.walk_rows(found.walks or ()), bench.WALK_HEADS),
        (bench.entry_rows(found.entry or ()), bench.ENTRY_HEADS),
    ):
        assert rows
        assert {len(row) for row in rows} == {len(heads)}


def test_settings_reach_every_part(data: Path) -> None:
    """With this, nobody is anywhere until a hundred reads have said so."""
    slow = bench.for_programs(bench.measure(data, settings=PresenceSettings(enter_reads=100)))
    usual = bench.for_programs(bench.measure(data))
    assert slow["quadrants"]["first_entry_p50_s"] > usual["quadrants"]["first_entry_p50_s"] + 2
    assert slow["ble"]["share_right"] < usual["ble"]["share_right"]
    assert slow["quadrants"]["baselines"] != {}


@pytest.fixture(scope="module")
def recorded(recordings: Path) -> dict[str, Any]:
    """Return what was measured on the real recordings."""
    return bench.for_programs(bench.measure(recordings / "badges"))


@pytest.mark.recordings
def test_real_badges_are_where_they_are(recorded: dict[str, Any]) -> None:
    found = recorded["quadrants"]
    assert set(found) >= FIGURES
    assert found["share_right"] >= 0.9
    assert found["wrong_entries_per_10min"] <= 1
    assert found["first_entry_p50_s"] <= 6
    assert found["first_entry_max_s"] <= 15
    assert found["never_found"] == 0
    strongest = found["baselines"]["strongest antenna, 1 s"]
    assert strongest["share_right"] < 0.7
    assert strongest["wrong_entries_per_10min"] > 100


@pytest.mark.recordings
def test_real_beacons_are_on_their_side(recorded: dict[str, Any]) -> None:
    found = recorded["ble"]
    assert found["share_right"] >= 0.95
    assert len(found["by_tag"]) == found["tags"] == 8
    for other in found["baselines"].values():
        assert found["share_right"] > other["share_right"]


@pytest.mark.recordings
def test_real_crossings_are_followed_without_wrong_entries(recorded: dict[str, Any]) -> None:
    walks = {(row["system"], row["speed"]): row for row in recorded["walks"]}
    slow = walks[OURS, "slow"]
    assert slow["followed"] >= 0.75 * slow["walks"] > 0
    ours = sum(row["wrong_entries"] for (system, _), row in walks.items() if system == OURS)
    strongest = sum(
        row["wrong_entries"]
        for (system, _), row in walks.items()
        if system == "strongest antenna, 1 s"
    )
    assert strongest >= 10 * max(ours, 1)


@pytest.mark.recordings
def test_real_badges_calibrated_with_whole_recordings(recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "quadrants").symlink_to(recordings / "badges" / "quadrants")
    answer = bench.for_programs(bench.measure(tmp_path, recordings / "badges"))
    assert set(answer["quadrants"]) >= FIGURES
    assert answer["quadrants"]["share_right"] >= 0.9
    assert answer["quadrants"]["wrong_entries_per_10min"] <= 1
