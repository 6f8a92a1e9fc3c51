"""`floorwatch bench falls`, run as a person or a program would."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from floorwatch.__main__ import main
from floorwatch.commands.bench import falls as command
from simulators.accuracy.page import COMMON_RATE, CURVES, HOW, RULES
from tests.support.motions import blow, fall, jump, restless, still
from tests.support.needs import ROOT
from tests.support.recorded import Act, write_set
from tests.support.toy_folds import write_folds
from tests.support.toy_weights import write_weights

pytestmark = pytest.mark.slow

FALL = Act((still(12), *fall()), is_fall=True, activity="F01")
SOFT_FALL = Act((still(12), *fall(peak_g=2.4)), is_fall=True, activity="F02")
MISSED = Act((still(12), restless(6)), is_fall=True, activity="F03")
DAY = Act((still(20), *jump(), restless(20)))
SHIFT = Act((still(22), *jump(), restless(20)))
NIGHT_FALL = Act((still(14), *fall()), is_fall=True, activity="F01")
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
    write_set(tmp_path / "data/two/pocket.npz", [SHIFT], "trouser pocket")
    write_set(tmp_path / "data/two/watch.npz", [SHIFT], "left wrist")
    write_set(tmp_path / "data/night/chest.npz", [Act((still(620),))], "chest")
    return tmp_path / "data"


@pytest.fixture
def folds(tmp_path: Path, data: Path) -> Path:
    """Folds with weights that can be foretold: what is shipped may be trained anew any day."""
    return write_folds(tmp_path / "folds", data)


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


def scored(
    data: Path, folds: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> dict[str, Any]:
    given = ("--data", data, "--folds", folds, "--processes", "1", "--json", "-")
    assert bench(*given, *more) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_a_program_gets_every_set_by_name(
    data: Path, folds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = scored(data, folds, capsys)
    sets = answer["sets"]
    assert set(sets) == {"belts", "night", "two/left wrist", "two/trouser pocket"}
    assert all(set(row) >= NAMED for row in sets.values())
    belts = sets["belts"]
    assert (belts["position"], belts["falls"], belts["hits"]) == ("waist (belt)", 3, 2)
    assert belts["sensitivity"] == pytest.approx(2 / 3, abs=1e-4)
    assert belts["missed"] == ["belts/P01/F03/0"]
    assert belts["missing"] == {"F03": 1}
    assert (belts["false_alarms"], belts["alarming"]) == (1, {"D02": 1})
    assert belts["hours"] == pytest.approx((42.55 + 16.16 - 0.3) / 3600, abs=1e-3)
    assert 0 < belts["latency_p50_s"] <= belts["latency_p95_s"] <= belts["latency_max_s"] <= 2.5
    low, high = belts["false_alarms_per_hour_95"]
    assert low < belts["false_alarms_per_hour"] < high
    assert sets["two/left wrist"]["worn"] == "arm"
    assert sets["night"]["quiet"]["hours"] == pytest.approx(620 / 3600, abs=1e-3)
    assert sets["night"]["scripted"]["hours"] == 0
    assert sets["night"]["sensitivity"] is None
    assert set(answer["pooled"]) == {
        "arm, activity only",
        "trunk, activity only",
        "trunk, with falls",
    }
    assert (answer["rate_hz"], answer["passed_over"]) == (None, [])
    for rule in answer["baselines"].values():
        assert set(rule["sets"]) == set(sets)
        assert rule["citation"]
    jumped = answer["baselines"]["impact-3g"]["sets"]["two/trouser pocket"]
    assert jumped["false_alarms"] == 1


def test_who_trained_the_weights_is_scored_with_others(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folds = write_folds(tmp_path / "folds", data, blind=frozenset({"two"}))
    sets = scored(data, folds, capsys, "--no-baselines")["sets"]
    assert {(row["weights"], row["people"]) for row in sets.values()} == {
        ("cross-fitted", "cross-fitted")
    }
    write_set(data / "two/watch.npz", [SHIFT, NIGHT_FALL], "left wrist")
    write_set(data / "belts/P03.npz", [DAY, BENDING], "waist (belt)", odr_hz=100.0)
    write_set(data / "fresh/P01.npz", [DAY], "waist (belt)", odr_hz=60.0)
    sets = scored(data, folds, capsys, "--no-baselines")["sets"]
    # The shift trained, so its wearer did: their fall is new, but is not for the shipped weights.
    assert (sets["two/left wrist"]["people"], sets["two/left wrist"]["hits"]) == ("cross-fitted", 0)
    assert (sets["fresh"]["weights"], sets["fresh"]["people"]) == ("shipped", "new set")
    answer = scored(data, folds, capsys, "--no-baselines", "--shipped-weights")
    trained = answer["sets"]["night"]
    assert (trained["weights"], trained["in_training"]) == ("in training", True)


def test_a_set_of_people_old_and_new_says_so(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folds = write_folds(tmp_path / "folds", data)
    write_set(data / "belts/P09.npz", [Act((still(30), restless(9)))], "waist (belt)")
    belts = scored(data, folds, capsys, "--no-baselines")["sets"]["belts"]
    assert (belts["weights"], belts["people"]) == ("mixed", "mixed")
    assert set(belts["by_people"]) == {"cross-fitted", "new people"}
    assert sum(row["hours"] for row in belts["by_people"].values()) == pytest.approx(
        belts["hours"], abs=2e-4
    )
    assert belts["by_people"]["cross-fitted"]["hits"] == 2


def test_two_processes_say_the_same_as_one(data: Path, folds: Path, tmp_path: Path) -> None:
    for number in ("1", "2"):
        file = tmp_path / f"{number}.json"
        given = ("--data", data, "--folds", folds, "--processes", number)
        assert bench(*given, "--no-baselines", "--json", file) == 0
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert "baselines" not in json.loads((tmp_path / "1.json").read_text())


def test_people_get_a_table_with_counts_beside_rates(
    data: Path, folds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench("--data", data, "--folds", folds, "--processes", "1") == 0
    printed = capsys.readouterr().out
    assert "belts (cross-fitted)" in printed
    assert "2 / 3" in printed
    assert "66.7%" in printed
    assert "quiet" in printed
    assert "Chen 2005 (from memory)" in printed


@pytest.mark.parametrize(
    ("settings", "hits", "alarms", "changed"),
    [
        pytest.param(
            {"trigger_g": 3.5},
            (2, 1),
            (1, 0),
            {"belts/P01/F02/1": [[True, False], None], "belts/P01/D02/1": [None, [1, 0]]},
            id="only hard blows",
        ),
        pytest.param({"threshold": 0.9}, (2, 2), (1, 1), {}, id="nothing comes of it"),
        pytest.param(
            {"threshold": 1.0},
            (2, 0),
            (1, 0),
            {
                "belts/P01/F01/0": [[True, False], None],
                "belts/P01/F02/1": [[True, False], None],
                "belts/P01/D02/1": [None, [1, 0]],
            },
            id="never",
        ),
    ],
)
def test_what_if_shows_hits_and_alarms_beside_todays(
    data: Path,
    folds: Path,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, float],
    hits: tuple[int, int],
    alarms: tuple[int, int],
    changed: dict[str, list[list[bool | int] | None]],
) -> None:
    asked = [part for name, value in settings.items() for part in ("--what-if", f"{name}={value}")]
    answer = scored(data, folds, capsys, *asked)
    then = answer["what_if"]
    assert then["settings"] == settings
    today, later = answer["sets"]["belts"], then["sets"]["belts"]
    assert (today["hits"], later["hits"]) == hits
    assert (today["false_alarms"], later["false_alarms"]) == alarms
    assert {
        each["recording"]: [each["found"], each["false_alarms"]] for each in then["changed"]
    } == changed
    assert "baselines" not in answer
    assert bench("--data", data, "--folds", folds, "--processes", "1", *asked) == 0
    printed = capsys.readouterr().out
    assert ("2 → 1 (-1)" in printed) == (hits == (2, 1))
    assert all(recording in printed for recording in changed)


def test_what_if_takes_other_weights(
    tmp_path: Path, data: Path, folds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = write_weights(tmp_path / "blind", blind=True)
    then = scored(data, folds, capsys, "--what-if", f"weights={blind}")["what_if"]
    assert then["sets"]["belts"]["hits"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        pytest.param(
            ["--what-if", "treshold=0.7"], 2, 'did you mean "threshold"?', id="a misspelt setting"
        ),
        pytest.param(["--what-if", "threshold=7"], 2, "less than or equal", id="no such value"),
        pytest.param(["--what-if", "threshold"], 2, "as threshold=0.7", id="no value"),
        pytest.param(
            ["--what-if", "trigger_g=2", "--write-docs"],
            2,
            "what is shipped",
            id="docs of a wish",
        ),
        pytest.param(
            ["--what-if", "weights=nowhere"], 2, "no fall model", id="weights that are not there"
        ),
        pytest.param(["--folds", "nowhere"], 2, "not a list of folds", id="no folds"),
        pytest.param(
            ["--write-docs", "--rate", "50"], 2, "leave out the other options", id="half a page"
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
    data: Path, folds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "belts/P03.npz").write_bytes(b"PK, but no zip")
    given = ("--data", data, "--folds", folds, "--processes", "1", "--no-baselines")
    assert bench(*given, "--json", "-") == 0
    printed = capsys.readouterr()
    (reason,) = json.loads(printed.out)["passed_over"]
    assert "P03.npz" in reason
    assert f"passed over: {reason}" in printed.err


def test_the_page_and_its_picture_are_written(
    data: Path,
    folds: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "contract").mkdir(parents=True)
    (checkout / "contract/message.py").touch()
    monkeypatch.chdir(checkout)
    monkeypatch.setattr(command, "FOLDS", folds)
    assert bench("--data", data, "--processes", "1", "--write-docs") == 0
    page = (checkout / "docs/accuracy/falls.md").read_text()
    assert page.count("| belts (cross-fitted) | waist (belt) | scripted | 2 / 3 | 66.7% | 1 |") == 2
    assert "| belts | F03 ×1 | D02 ×1 | none |" in page
    assert "## At one rate, 50 Hz" in page
    assert "(falls.svg)" in page
    picture = ElementTree.parse(checkout / "docs/accuracy/falls.svg").getroot()
    titles = [each.text or "" for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("Floorwatch, threshold 0.5: 66.7% at") for title in titles)


def test_curves_are_read_at_rates(
    data: Path, folds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = scored(data, folds, capsys, "--curve")
    belts = answer["sets"]["belts"]
    at = {point["threshold"]: point for point in belts["curve"]}
    assert [each for each, point in at.items() if point["shipped"]] == [0.5]
    assert at[0.5]["sensitivity"] == pytest.approx(2 / 3, abs=1e-4)
    assert (at[0.5]["hits"], at[0.5]["false_alarms"]) == (belts["hits"], belts["false_alarms"])
    assert min(at) < 0.001 < 0.999 < max(at)
    assert (at[max(at)]["hits"], at[max(at)]["false_alarms"]) == (0, 0)
    # The one fall that turned the body further than bending did.
    assert belts["at_per_hour"]["0.2"] == pytest.approx(1 / 3, abs=1e-4)
    assert belts["at_per_hour_points"]["0.2"]["false_alarms"] == 0
    assert {"0.2", "0.5", "1", "1.5", "3"} <= set(belts["at_per_hour"])
    assert answer["sets"]["night"]["at_per_hour"]["0.2"] is None
    (chen,) = (each for name, each in answer["baselines"].items() if name.startswith("chen"))
    assert len(chen["sets"]["belts"]["curve"]) > 3
    assert "curve" not in chen["sets"]["night"]


def test_a_common_rate_is_one_for_all(
    data: Path, folds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = scored(data, folds, capsys, "--no-baselines", "--rate", "50")
    assert answer["rate_hz"] == 50.0
    belts = answer["sets"]["belts"]
    assert (belts["people"], belts["hits"], belts["false_alarms"]) == ("cross-fitted", 2, 1)


def test_the_page_in_the_checkout_is_how_this_version_explains_itself() -> None:
    page = (ROOT / "docs/accuracy/falls.md").read_text(encoding="utf-8")
    assert page.startswith(HOW)
    assert CURVES in page
    assert COMMON_RATE in page
    assert RULES in page
