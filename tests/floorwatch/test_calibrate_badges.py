"""`floorwatch calibrate badges`: its tables go into a site file, and make presence right."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from contract.sitefile import parse
from simulators.badges.recording import quadrants
from simulators.badges.room import follow
from tests.support.badge_recordings import (
    ANTENNAS,
    as_reads,
    four_quadrants,
    standing,
    write_quadrants,
)
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch
from tests.support.walked_badges import record

ZONES = "".join(f'[[zone]]\nid = "quadrant-{number}"\n' for number in range(1, 5))
POINTS = ", ".join(f'"{point}" = "{zone}"' for point, zone in ANTENNAS.items())
LADDERS = "".join(
    f'[[escalation]]\nseverity = "SEV{tier}"\n'
    'steps = [{ to = ["person:ines-falk"], wait_s = 60 }]\n'
    for tier in (1, 2, 3)
)
SITE = f"""
[site]
id = "hall-7"

{ZONES}
[[device]]
id = "reader-1"
kind = "reader"
points = {{ {POINTS} }}

[[channel]]
kind = "console"
[[person]]
id = "ines-falk"
name = "Ines Falk"
{LADDERS}
"""
CALIBRATE = ("calibrate", "badges")


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def test_what_is_printed_is_pasted_into_the_site_file(floorwatch: Command, tmp_path: Path) -> None:
    """Every antenna was put up in a wrong quadrant: only calibration can tell."""
    turned = dict(zip("1234", "2341", strict=True))
    walked = [(zone, standing(turned[own], 60)) for own, zone in ANTENNAS.items()]
    ran = floorwatch(*CALIBRATE, "--data", write_quadrants(tmp_path, walked))
    assert ran.status == 0
    site = parse(SITE + ran.out)
    assert len(site.hearing) == 16
    crossing = as_reads([*standing("2", 30, 100), *standing("3", 30, 130)])
    uncalibrated = [entry.zone for entry in follow(parse(SITE), crossing).entries]
    assert uncalibrated == ["quadrant-2", "quadrant-3"]
    assert [entry.zone for entry in follow(site, crossing).entries] == ["quadrant-1", "quadrant-2"]


def test_walks_that_were_recorded_at_the_site(
    floorwatch: Command, tmp_path: Path, site_file: Path
) -> None:
    told: list[str] = []
    for antenna, zone in ANTENNAS.items():
        path = record(tmp_path / f"{zone}.jsonl.gz", standing(antenna, 60, 100 * int(antenna)))
        told += ["--walk", f"{zone}={path}"]
    ran = floorwatch(*CALIBRATE, *told, "--site", site_file)
    assert ran.status == 0
    site = parse(SITE + ran.out)
    assert {(row.reader, row.zone) for row in site.hearing} == {
        ("reader-1", zone) for zone in ANTENNAS.values()
    }
    assert sum(row.reads for row in site.hearing) == 4 * 1200
    assert {round(row.seconds) for row in site.hearing} == {60}
    assert "100% of" in ran.err
    assert "alike" not in ran.err


def test_tables_and_summary_go_to_files(
    floorwatch: Command, tmp_path: Path, site_file: Path
) -> None:
    output, summary = tmp_path / "hearing.toml", tmp_path / "summary.json"
    data = four_quadrants(tmp_path / "data" / "quadrants", 60).parent
    ran = floorwatch(
        *CALIBRATE, "--data", data, "--site", site_file, "--output", output, "--json", summary
    )
    assert (ran.status, ran.out) == (0, "")
    assert f"16 tables written to {output}: add them to the site file" in ran.err
    assert len(parse(SITE + output.read_text()).hearing) == 16
    zones = json.loads(summary.read_text())["zones"]
    assert [zone["zone"] for zone in zones] == sorted(ANTENNAS.values())
    assert all(zone["share_right"] == 1.0 and zone["reads"] == 1200 for zone in zones)

    site_file.write_text(SITE + output.read_text())
    again = floorwatch(
        *CALIBRATE, "--data", data, "--site", site_file, "--output", tmp_path / "new.toml"
    )
    assert "put them in the place of those of the site file" in again.err


def test_json_goes_to_stdout_when_the_tables_do_not(floorwatch: Command, tmp_path: Path) -> None:
    data, output = four_quadrants(tmp_path / "data"), tmp_path / "hearing.toml"
    ran = floorwatch(*CALIBRATE, "--data", data, "--output", output, "--json", "-")
    assert len(json.loads(ran.out)["zones"]) == 4


@pytest.mark.parametrize(
    ("antennas", "pairs"),
    [
        pytest.param("11", ["left and right"], id="two that nothing tells apart"),
        pytest.param("112", ["left and right"], id="two, and a third that is clear"),
        pytest.param("12", [], id="two with an antenna each"),
        pytest.param("1234", [], id="four with an antenna each"),
    ],
)
def test_zones_that_sound_alike_are_said_once(
    floorwatch: Command, tmp_path: Path, antennas: str, pairs: list[str]
) -> None:
    names = ["left", "right", "middle", "yard"][: len(antennas)]
    walked = [
        (zone, standing(antenna, 60, 100 * number))
        for number, (zone, antenna) in enumerate(zip(names, antennas, strict=True))
    ]
    data = write_quadrants(tmp_path, walked, dict(zip("1234", names, strict=False)))
    said = floorwatch(*CALIBRATE, "--data", data).err.splitlines()
    assert [row.split(" sound")[0] for row in said if "sound alike" in row] == pairs


@pytest.mark.parametrize(
    ("seconds", "zones", "said"),
    [
        pytest.param(20, 2, "left: 20 s is little; walk a minute or two", id="a short walk"),
        pytest.param(60, 1, "There is one zone only", id="nothing to mistake it for"),
    ],
)
def test_a_walk_that_says_little(
    floorwatch: Command, tmp_path: Path, seconds: float, zones: int, said: str
) -> None:
    walked = [("left", standing("1", seconds)), ("right", standing("2", 60, 100))][:zones]
    data = write_quadrants(tmp_path, walked, {"1": "left", "2": "right"})
    ran = floorwatch(*CALIBRATE, "--data", data)
    assert ran.status == 0
    assert said in ran.err


def test_an_antenna_may_be_called_anything(floorwatch: Command, tmp_path: Path) -> None:
    names = ['dock "3"', "C:\\port", "zwölf", "tab\tdel\x7f", "badge 🏷"]
    walked = [
        (at_us, names[number % len(names)], level, tag)
        for number, (at_us, _, level, tag) in enumerate(standing("1", 30))
    ]
    path = record(tmp_path / "walk.jsonl", walked)
    ran = floorwatch(*CALIBRATE, "--walk", f"dock-3={path}")
    assert {row["point"] for row in tomllib.loads(ran.out)["hearing"]} == set(names)


def test_a_recording_that_breaks_off_leaves_the_tables_clean(
    floorwatch: Command, tmp_path: Path
) -> None:
    path = record(tmp_path / "walk.jsonl", standing("1", 60))
    path.write_bytes(path.read_bytes()[:-100])
    ran = floorwatch(*CALIBRATE, "--walk", f"dock-3={path}")
    assert ran.status == 0
    assert "the recording breaks off" in ran.err
    assert tomllib.loads(ran.out)["hearing"]


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        pytest.param([], 2, "say what was walked: --walk ZONE=FILE", id="nothing"),
        pytest.param(["--walk", "dock-3"], 2, "write ZONE=FILE", id="no file"),
        pytest.param(["--walk", "=walk.jsonl"], 2, "write ZONE=FILE", id="no zone"),
        pytest.param(["--walk", "dock-3=gone.jsonl"], 1, "gone.jsonl: No such file", id="gone"),
        pytest.param(["--walk", "dock-3=."], 1, "Is a directory", id="a folder"),
        pytest.param(
            ["--walk", "Dock 3=walk.jsonl"], 1, '"Dock 3" cannot be a zone', id="no zone's name"
        ),
        pytest.param(
            ["--walk", "dock-3=walk.jsonl", "--tag", "ee99"], 1, "no read of ee99", id="no badge"
        ),
        pytest.param(["--walk", "dock-3=site.toml"], 1, "no crossing", id="no recording"),
        pytest.param(["--data", "gone"], 1, "gone/truth.json: No such file", id="no truth"),
        pytest.param(
            ["--data", "data", "--tag", "ee99"], 2, "--tag goes with --walk", id="a tag of data"
        ),
        pytest.param(
            ["--data", "data", "--output", "site.toml"], 2, "exists already", id="overwrites"
        ),
        pytest.param(
            ["--data", "data", "--output", "gone/x.toml"], 2, "no folder gone", id="no such folder"
        ),
        pytest.param(
            ["--data", "data", "--json", "gone/x.json"], 2, "no folder gone", id="none for scores"
        ),
        pytest.param(
            ["--data", "data", "--json", "-"], 2, "name a file for them", id="two on one stdout"
        ),
        pytest.param(["--data", "data", "--site", "gone.toml"], 2, "gone.toml: No", id="no site"),
        pytest.param(
            ["--walk", "quadrant-7=walk.jsonl", "--site", "site.toml"],
            2,
            'there is no zone "quadrant-7"; did you mean "quadrant-',
            id="a zone that the site has not",
        ),
        pytest.param(
            ["--walk", "quadrant-1=other.jsonl", "--site", "site.toml"],
            2,
            'there is no reader "reader-9"; did you mean "reader-1"?',
            id="a reader that the site has not",
        ),
        pytest.param(
            ["--walk", "quadrant-1=ninth.jsonl", "--site", "site.toml"],
            2,
            'reader "reader-1" has no point "9"; there are: 1, 2, 3, 4',
            id="an antenna that the reader has not",
        ),
    ],
)
def test_what_cannot_be_calibrated(
    floorwatch: Command,
    tmp_path: Path,
    site_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[str],
    status: int,
    said: str,
) -> None:
    four_quadrants(tmp_path / "data", 10)
    reads = standing("1", 10)
    record(tmp_path / "walk.jsonl", reads)
    record(tmp_path / "other.jsonl", reads, reader="reader-9")
    record(tmp_path / "ninth.jsonl", [(at_us, "9", level, tag) for at_us, _, level, tag in reads])
    monkeypatch.chdir(tmp_path)
    ran = floorwatch(*CALIBRATE, *told)
    assert ran.status == status
    assert said in ran.err
    assert ran.err.startswith("floorwatch: ")
    assert not ran.out
    assert site_file.read_text() == SITE


def test_the_help_shows_what_the_tables_are(floorwatch: Command) -> None:
    ran = floorwatch(*CALIBRATE, "--help")
    assert ran.status == 0
    assert "what antennas hear" in " ".join(ran.out.split())
    assert "[]" not in ran.out


@pytest.mark.recordings
def test_real_walking_makes_presence_right(floorwatch: Command, recordings: Path) -> None:
    folder = recordings / "badges"
    ran = floorwatch(*CALIBRATE, "--data", folder)
    assert ran.status == 0
    site = parse(SITE + ran.out)
    for each in quadrants(folder / "quadrants").recordings:
        course = follow(site, each.reads)
        assert course.share({each.zone}, 10) >= 0.9
        assert course.wrong({each.zone}) == 0
