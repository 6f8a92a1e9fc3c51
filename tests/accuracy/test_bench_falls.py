"""`floorwatch bench falls`, run as a person or a program would."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from floorwatch.__main__ import main
from simulators.accuracy.page import CURVES, HOW, RULES
from tests.support.motions import blow, fall, jump, restless, still
from tests.support.needs import ROOT
from tests.support.recorded import Act, write_set

FALL = Act((still(12), *fall()), is_fall=True, activity="F01")
SOFT_FALL = Act((still(12), *fall(peak_g=2.4)), is_fall=True, activity="F02")
MISSED = Act((still(12), restless(6)), is_fall=True, activity="F03")
DAY = Act((still(20), *jump(), restless(20)))
BENDING = Act((still(12), blow(3), still(4, (0, 1, 0))), activity="D02")
NAMED = {
    "position",
    "falls",
    "hits",
    "sensitivity",
    "false_alarms",
    "hours",
    "false_alarms_per_hour",
    "latency_p50_s",
    "latency_p95_s",
}
"""What the JSON promises of each set."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_set(tmp_path / "data/belts/P01.npz", [FALL, SOFT_FALL, DAY], "waist (belt)")
    write_set(tmp_path / "data/belts/P02.npz", [MISSED, BENDING], "waist (belt)", odr_hz=100.0)
    write_set(tmp_path / "data/two/pocket.npz", [DAY], "trouser pocket")
    write_set(tmp_path / "data/two/watch.npz", [DAY], "left wrist")
    write_set(tmp_path / "data/night/chest.npz", [Act((still(620),))], "chest")
    return tmp_path / "data"


def bench(*arguments: str | Path) -> int:
    """Run the command in this process, and return its exit status."""
    before = sys.argv
    sys.argv = ["floorwatch", "bench", "falls", *map(str, arguments)]
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    finally:
        sys.argv = before
    return 0


def scored(data: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert bench("--data", data, "--processes", "1", "--json", "-", *more) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_a_program_gets_every_set_by_name(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = scored(data, capsys)
    sets = answer["sets"]
    assert set(sets) == {"belts", "night", "two/left wrist", "two/trouser pocket"}
    assert all(set(row) >= NAMED for row in sets.values())
    belts = sets["belts"]
    assert (belts["position"], belts["falls"], belts["hits"]) == ("waist (belt)", 3, 2)
    assert belts["sensitivity"] == pytest.approx(2 / 3, abs=1e-4)
    assert belts["missed"] == ["belts/P01/F03/0"]
    assert (belts["false_alarms"], belts["alarming"]) == (1, {"D02": 1})
    assert belts["hours"] == pytest.approx((42.55 + 16.16 - 0.3) / 3600, abs=1e-3)
    assert 0 < belts["latency_p50_s"] <= belts["latency_p95_s"] <= 2.5
    assert sets["two/left wrist"]["worn"] == "arm"
    assert sets["night"]["quiet"]["hours"] == pytest.approx(620 / 3600, abs=1e-3)
    assert sets["night"]["scripted"]["hours"] == 0
    assert sets["night"]["sensitivity"] is None
    assert answer["passed_over"] == []
    for rule in answer["baselines"].values():
        assert set(rule["sets"]) == set(sets)
        assert rule["citation"]
    jumped = answer["baselines"]["impact-3g"]["sets"]["two/trouser pocket"]
    assert jumped["false_alarms"] == 1


def test_two_processes_say_the_same_as_one(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in ("1", "2"):
        file = tmp_path / f"{number}.json"
        assert bench("--data", data, "--processes", number, "--no-baselines", "--json", file) == 0
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert "baselines" not in json.loads((tmp_path / "1.json").read_text())


def test_people_get_a_table_with_counts_beside_rates(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench("--data", data, "--processes", "1") == 0
    printed = capsys.readouterr().out
    assert "2 / 3" in printed
    assert "66.7%" in printed
    assert "quiet" in printed
    assert "Chen 2005 (from memory)" in printed


def test_what_if_shows_hits_and_alarms_beside_todays(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = scored(data, capsys, "--what-if", "impact_g=3.5")
    assert answer["what_if"]["settings"] == {"impact_g": 3.5}
    today, then = answer["sets"]["belts"], answer["what_if"]["sets"]["belts"]
    assert (today["hits"], then["hits"]) == (2, 1)
    assert (today["false_alarms"], then["false_alarms"]) == (1, 0)
    assert "baselines" not in answer
    assert bench("--data", data, "--processes", "1", "--what-if", "impact_g=3.5") == 0
    printed = capsys.readouterr().out
    assert "2 → 1 (-1)" in printed
    assert "1 → 0 (-1)" in printed


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        pytest.param(
            ["--what-if", "impact=2"], 2, 'did you mean "impact_g"?', id="a misspelt setting"
        ),
        pytest.param(["--what-if", "impact_g=0"], 2, "greater than 1", id="an impossible value"),
        pytest.param(["--what-if", "impact_g"], 2, "as impact_g=2.5", id="no value"),
        pytest.param(
            ["--what-if", "impact_g=3", "--write-docs"], 2, "what is shipped", id="docs of a wish"
        ),
        pytest.param(["--write-docs"], 2, "Floorwatch checkout", id="docs outside a checkout"),
        pytest.param(
            ["--json", "no/such/file.json"], 2, "no folder no/such", id="nowhere to write"
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bench("--data", data, "--processes", "1", *arguments) == status
    said = capsys.readouterr().err
    assert said.startswith("floorwatch: ")
    assert sentence in said


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        pytest.param(None, "there is no such folder", id="no folder"),
        pytest.param({}, "no recordings in it", id="an empty folder"),
        pytest.param({"index.csv": b"a,b\n1,2\n"}, "no recordings in it", id="only an index"),
        pytest.param({"P01.npz": b"not a zip"}, "nothing could be read", id="only a broken file"),
    ],
)
def test_a_folder_without_recordings_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes] | None,
    sentence: str,
) -> None:
    folder = tmp_path / "data"
    if files is not None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    assert bench("--data", folder) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert str(folder) in said


def test_a_broken_file_among_good_ones_is_named_and_passed_over(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "belts/P03.npz").write_bytes(b"PK, but no zip")
    assert bench("--data", data, "--processes", "1", "--no-baselines", "--json", "-") == 0
    printed = capsys.readouterr()
    (reason,) = json.loads(printed.out)["passed_over"]
    assert "P03.npz" in reason
    assert f"passed over: {reason}" in printed.err


def test_the_page_and_its_picture_are_written(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "contract").mkdir(parents=True)
    (checkout / "contract/message.py").touch()
    monkeypatch.chdir(checkout)
    assert bench("--data", data, "--processes", "1", "--write-docs") == 0
    page = (checkout / "docs/accuracy/falls.md").read_text()
    assert "| belts | waist (belt) | scripted | 2 / 3 | 66.7% | 1 |" in page
    assert "(falls.svg)" in page
    picture = ElementTree.parse(checkout / "docs/accuracy/falls.svg").getroot()
    titles = [each.text or "" for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("Floorwatch, impact_g 2: 66.7% at") for title in titles)


def test_curves_are_read_at_rates(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = scored(data, capsys, "--no-baselines", "--curve")
    (curve,) = answer["curves"]
    assert (curve["system"], curve["set"], curve["setting"]) == ("floorwatch", "belts", "impact_g")
    at = {point["threshold"]: point for point in curve["points"]}
    assert at[2.0]["shipped"]
    assert at[2.0]["sensitivity"] == pytest.approx(2 / 3)
    assert at[5.0]["per_hour"] == 0
    assert sum(point["shipped"] for point in at.values()) == 1


def test_the_page_in_the_checkout_is_how_this_version_explains_itself() -> None:
    page = (ROOT / "docs/accuracy/falls.md").read_text(encoding="utf-8")
    assert page.startswith(HOW)
    assert CURVES in page
    assert RULES in page
