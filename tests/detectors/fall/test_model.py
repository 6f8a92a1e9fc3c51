"""The weights that ship: that they are those of their card, and how they answer."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from contract.site import Worn
from detectors.dsp.samples import FloatArray
from detectors.errors import DetectorError
from detectors.fall.model import CARD, EARLY, LATE, STAGES, Stage, model_for
from simulators.training.card_page import page

WEIGHTS = Path(str(files("detectors.fall").joinpath("weights")))
MOST_BYTES = 1_000_000


def still(odr_hz: float = 50.0) -> tuple[FloatArray, float, int]:
    accel = np.tile(np.array([0.0, 1.0, 0.0], np.float32), (int(10 * odr_hz), 1))
    return accel, odr_hz, int(5 * odr_hz)


def test_weights_and_card_belong_together() -> None:
    card = json.loads((WEIGHTS / CARD).read_text(encoding="utf-8"))

    named = {}
    for stages in card["models"].values():
        for told in stages.values():
            named[told["file"]] = (told["sha256"], told["bytes"])
    found = {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in WEIGHTS.glob("*.onnx")
    }
    assert found == named
    assert sum(size for _, size in found.values()) < MOST_BYTES


def test_the_page_says_what_the_card_says() -> None:
    card = json.loads((WEIGHTS / CARD).read_text(encoding="utf-8"))

    assert (WEIGHTS / "MODEL_CARD.md").read_text(encoding="utf-8") == page(card)


@pytest.mark.parametrize("worn", ["trunk", "arm", None])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_lying_still_is_no_fall(worn: Worn | None, stage: Stage) -> None:
    assert model_for(worn).score(*still(), stage) < 0.5


def test_what_is_not_said_to_be_on_an_arm_is_on_the_trunk() -> None:
    assert model_for(None) is model_for("trunk")
    assert model_for("arm") is not model_for("trunk")


def test_the_score_is_the_same_each_time() -> None:
    model = model_for("trunk")

    assert model.score(*still(), EARLY) == model.score(*still(), EARLY)


def test_a_folder_without_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="no fall model for a device on the trunk") as told:
        model_for("trunk", str(tmp_path))

    assert "floorwatch train falls" in str(told.value)


@pytest.mark.parametrize("worn", ["trunk", "arm"])
def test_weights_that_are_not_those_of_their_card_are_refused(worn: Worn, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS, folder)
    victim = folder / f"{worn}-{LATE.name}.onnx"
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    victim.write_bytes(damaged)

    with pytest.raises(DetectorError, match="do not belong together, or the file is damaged"):
        model_for(worn, str(folder))
