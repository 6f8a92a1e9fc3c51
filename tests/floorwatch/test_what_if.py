"""What people write after --what-if, at each of the commands that take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.vision import watching
from floorwatch.camera_bench import detector_of
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch


@pytest.mark.parametrize(
    ("bench", "text", "said"),
    [
        pytest.param("badges", "cross_share", "write a setting as name=value", id="no value"),
        pytest.param("badges", "=1", "write a setting as name=value", id="no name"),
        pytest.param(
            "badges", "cros_share=0.9", 'no setting "cros_share"; did you mean "cross_share"?',
            id="misspelled",
        ),
        pytest.param("badges", "cross_share=2", "cross_share=2: Input should be less than 1",
                     id="too much"),
        pytest.param("badges", "look_s=soon", "look_s=soon: Input should be a valid number",
                     id="a word"),
        pytest.param("badges", "reorder_s=NaN", "--what-if reorder_s=nan", id="no number"),
        pytest.param("badges", "look_s=[1, 2]", "Input should be a valid number", id="a list"),
        pytest.param("zones", "dwel_s=1", 'there is no setting "dwel_s"', id="of zones by camera"),
        pytest.param("zones", "site={}", 'there is no setting "site"', id="not a setting"),
        pytest.param("camera-falls", "falls.confirm_s=-1", "confirm_s=-1: Input should be",
                     id="of falls by camera"),
        pytest.param("camera-falls", "fast_s=1", 'no setting "fast_s"; write falls.fast_s',
                     id="of falls by camera, without its kind"),
        pytest.param("camera-falls", "fals.fast_s=1", 'no kind "fals"; did you mean "falls"?',
                     id="of nothing that there is"),
        pytest.param("camera-falls", "falls.fast_s", "write a setting as name=value",
                     id="of falls by camera, none"),
        pytest.param("falls", "treshold=0.7", 'did you mean "threshold"?', id="of falls"),
        pytest.param("falls", "threshold", "write a setting as name=value", id="of falls, none"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(
    floorwatch: Command, tmp_path: Path, bench: str, text: str, said: str
) -> None:
    ran = floorwatch("bench", bench, "--data", tmp_path, "--what-if", text)
    assert ran.status == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not ran.out
    if "no setting" not in said and "did you mean" not in said:
        assert "did you mean" not in ran.err


@pytest.mark.parametrize("bench", ["badges", "zones", "camera-falls", "falls"])
def test_nowhere_to_write_is_said_before_any_work(
    floorwatch: Command, tmp_path: Path, bench: str
) -> None:
    ran = floorwatch("bench", bench, "--data", tmp_path, "--json", tmp_path / "no" / "such.json")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"floorwatch: --json {tmp_path}/no/such.json: there is no folder {tmp_path}/no\n"
    )


def test_a_setting_of_what_looks_at_the_tracks_is_named_with_its_kind() -> None:
    detector = detector_of(["falls.fast_s=1.0", "lost_s=6"])
    (falls,) = (each for each in watching.build(detector.watch) if each.kind == "falls")
    assert (detector.lost_s, falls.model_dump()["fast_s"]) == (6.0, 1.0)
