"""What a shift saw, counted: by place, and nobody named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.instants import as_datetime, ns
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch
from tests.support.pages import START_NS, Pager

HOUR_S = 3600.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two shifts: in the first one stumble, in the second three, a fall and a drill."""
    file = tmp_path / "floorwatch.db"
    pager = Pager(f"sqlite:///{file}")
    pager.detect("stumble", "belt-12", onset_s=-3)
    pager.fast_forward(8 * HOUR_S, tick_s=HOUR_S)
    pager.detect("stumble", "belt-12", onset_s=-3)
    pager.detect("stumble", "belt-03", onset_s=-4)
    pager.detect("stumble", "belt-03", zone="chemicals", onset_s=-90)
    pager.detect("fall", "belt-03")
    pager.detect("fall", "belt-12", exercise=True)
    pager.inbox.empty()
    pager.close()
    return file


def shift() -> tuple[str, str, str, str]:
    since, until = (as_datetime(START_NS + ns(h * HOUR_S)).isoformat() for h in (4, 12))
    return ("--since", since, "--until", until)


def test_a_person_reads_the_worst_first_and_no_name(floorwatch: Command, database: Path) -> None:
    ran = floorwatch("digest", "--database", database, *shift())
    assert (ran.status, ran.err) == (0, "")
    rows = [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in ran.out.splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        ["SEV2", "fall", "press-line", "1", "1", "1", "0"],
        ["SEV4", "stumble", "press-line", "2", "2", "2", "1"],
        ["SEV4", "stumble", "chemicals", "1", "1", "1", "0"],
    ]
    assert "keller" not in ran.out.lower()
    assert "belt" not in ran.out


def test_a_program_reads_json_and_drills_are_asked_for(floorwatch: Command, database: Path) -> None:
    ran = floorwatch("digest", "--database", database, *shift(), "--exercises", "--json", "-")
    answer = json.loads(ran.out)
    (fall,) = (line for line in answer["lines"] if line["kind"] == "fall")
    assert fall["claims"] == 2
    assert answer["exercises"] is True


def test_a_quiet_shift_is_said_in_words(floorwatch: Command, database: Path) -> None:
    later = ("--since", "2040-01-01", "--until", "2040-01-02")
    ran = floorwatch("digest", "--database", database, *later)
    assert ran.status == 0
    assert "nothing was told" in ran.out


@pytest.mark.parametrize("kept_in", ["backend/floorwatch.db", "backend/backend.sqlite"])
def test_a_state_folder_is_enough(floorwatch: Command, database: Path, kept_in: str) -> None:
    state = database.parent / "state"
    (state / "backend").mkdir(parents=True)
    database.rename(state / kept_in)
    ran = floorwatch("digest", "--database", state, *shift())
    assert ran.status == 0
    assert "chemicals" in ran.out


@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(("--since", "yesterday"), "--since", id="no instant"),
        pytest.param(("--since", "2026-02-01", "--until", "2026-01-01"), "before", id="backwards"),
        pytest.param(("--database", "none.db"), "no database is at", id="no database"),
    ],
)
def test_what_makes_no_sense_is_refused(
    floorwatch: Command, database: Path, told: tuple[str, ...], said: str
) -> None:
    ran = floorwatch("digest", "--database", database, *told)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
