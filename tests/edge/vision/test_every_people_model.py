"""Every people model that there is against every promise. None is listed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.vision.families import families
from edge.vision.loader import load
from edge.vision.model import Model
from tests.edge.vision import tiny_network
from tests.support.people_model_checks import CHECKS, Check
from tests.support.weights import movenet as movenet


def settings(kind: str, folder: Path) -> Model:
    """Return a model's settings: its defaults, and a file for what is nothing without one."""
    if kind != "onnx":
        return Model(kind=kind)
    tensors = {"rows": ((1, 2, 5), (10, 20, 40, 90, 0.9, -20, -20, 400, 400, 0.8))}
    file = tiny_network.write(folder / "own.onnx", (1, 3, 160, 160), tensors)
    told = {"kind": kind, "file": file, "input_px": 160, "outputs": {"rows": "rows"}}
    return Model.model_validate(told)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("kind", families())
def test_keeps_the_promise(
    kind: str, check: Check, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "movenet":
        request.getfixturevalue("movenet")  # its weights, or a reason why not
    model = settings(kind, tmp_path)
    check(lambda: load(model))


def test_the_folder_has_what_ships() -> None:
    assert {"movenet", "motion", "onnx"} <= set(families())


def test_a_kind_that_is_not_there_is_told_with_the_nearest() -> None:
    from edge.sensors.camera import Camera

    with pytest.raises(ValueError, match=r'no people model "movnet".*movenet'):
        Camera.model_validate({"device": "c", "url": "a.mp4", "model": {"kind": "movnet"}})
