"""`floorwatch bench badges`: what a person reads, what a program reads, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.badge_recordings import (
    all_parts,
)
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return all_parts(tmp_path / "data")


BENCH = ("bench", "badges", "--no-plant", "--data")


def test_a_person_reads_three_tables(floorwatch: Command, data: Path) -> None:
    ran = floorwatch(*BENCH, data)
    assert (ran.status, ran.err) == (0, "")
    assert "Inside one quadrant throughout: 4 recordings, 1.3 min" in ran.out
    ours = next(row for row in ran.out.splitlines() if row.startswith("│ floorwatch  "))
    assert "100.0%" in ours
    for title in ("From one quadrant into another", "Bluetooth, inside or outside"):
        assert title in ran.out
    assert "…" not in ran.out, "nothing is cut off in a pipe"


def test_a_program_reads_json_and_nothing_else_on_stdout(floorwatch: Command, data: Path) -> None:
    ran = floorwatch(*BENCH, data, "--json", "-")
    answer = json.loads(ran.out)
    assert answer["quadrants"]["share_right"] == 1.0
    assert "what_if" not in answer
    assert "Inside one quadrant" in ran.err


def test_json_goes_to_a_file(floorwatch: Command, data: Path, tmp_path: Path) -> None:
    ran = floorwatch(*BENCH, data, "--json", tmp_path / "scores.json")
    assert ran.status == 0
    assert "Inside one quadrant" in ran.out
    assert set(json.loads((tmp_path / "scores.json").read_text())) == {"quadrants", "ble", "walks"}


def test_what_if_changes_the_figures_and_is_said(floorwatch: Command, data: Path) -> None:
    usual = json.loads(floorwatch(*BENCH, data, "--json", "-").out)
    told = ("--what-if", "enter_reads=100", "--what-if", "cross_share=0.9")
    ran = floorwatch(*BENCH, data, "--json", "-", *told)
    answer = json.loads(ran.out)
    assert answer["what_if"] == {"enter_reads": 100, "cross_share": 0.9}
    assert "Not as shipped: enter_reads = 100, cross_share = 0.9" in ran.err
    slower_s = answer["quadrants"]["first_entry_p50_s"] - usual["quadrants"]["first_entry_p50_s"]
    assert slower_s > 2
    assert (
        answer["quadrants"]["baselines"]["strongest antenna, 1 s"]
        == (usual["quadrants"]["baselines"]["strongest antenna, 1 s"])
    )


def test_a_part_that_is_left_out_is_said(floorwatch: Command, data: Path) -> None:
    (data / "quadrants" / "truth.json").write_text("{")
    (data / "walks").rename(data / "elsewhere")
    ran = floorwatch(*BENCH, data, "--json", "-")
    assert ran.status == 0
    assert "floorwatch: left out: quadrants: " in ran.err
    assert "floorwatch: left out: walks: there is no folder" in ran.err
    answer = json.loads(ran.out)
    assert set(answer) == {"ble", "absent"}
    assert len(answer["absent"]) == 2


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        pytest.param(
            ["--data", "nowhere"], 1, "there is no folder nowhere/quadrants", id="no data"
        ),
        pytest.param(["--data", "data/walks"], 1, "there is no folder", id="a folder too deep"),
        pytest.param(
            ["--data", "data", "--calibrate-with", "nowhere"],
            1,
            "nowhere/truth.json: No such file",
            id="no calibration",
        ),
        pytest.param(
            ["--data", "data", "--json", "nowhere/x.json"],
            2,
            "there is no folder nowhere",
            id="no folder for the scores",
        ),
    ],
)
def test_what_cannot_be_measured(
    floorwatch: Command,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.chdir(data.parent)
    ran = floorwatch("bench", "badges", "--no-plant", *told)
    assert ran.status == status
    assert said in ran.err
    assert ran.err.startswith("floorwatch: ")
    assert not ran.out


@pytest.mark.recordings
def test_real_recordings_have_the_figures_that_programs_read(
    floorwatch: Command, recordings: Path, tmp_path: Path
) -> None:
    (tmp_path / "quadrants").symlink_to(recordings / "badges" / "quadrants")
    told = ("--calibrate-with", recordings / "badges", "--json", "-")
    answer = json.loads(floorwatch(*BENCH, tmp_path, *told).out)
    assert answer["quadrants"]["recordings"] == 4
    assert answer["quadrants"]["share_right"] >= 0.9
    assert answer["quadrants"]["wrong_entries_per_10min"] <= 1
