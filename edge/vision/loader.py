"""Loads the people model that a site file names. A box without cameras never comes here."""

from __future__ import annotations

from edge.vision.extra import needed
from edge.vision.model import Model
from edge.vision.people import PeopleModel
from edge.vision.weights import WeightsError, locate


def load(model: Model) -> PeopleModel:
    """Return the model, ready to be asked by one thread at a time.

    Raises
    ------
    WeightsError
        When its weights are missing, or are not what was declared.
    ExtraMissingError
        When a package that it needs is not installed.
    """
    needed("cv2", "numpy")
    if model.kind == "motion":
        from edge.vision.motion import Motion

        return Motion()
    if model.kind == "movenet":
        needed("ai_edge_litert")
        from edge.vision.movenet import LEAST_SCORE, MoveNet

        return MoveNet(
            locate("movenet"),
            input_px=model.input_px,
            tiles=model.tiles,
            least_score=LEAST_SCORE if model.least_score is None else model.least_score,
        )
    return _own(model)


def _own(model: Model) -> PeopleModel:
    needed("onnxruntime")
    from edge.vision.onnx import OnnxDetector

    assert model.file is not None
    assert model.outputs is not None
    if not model.file.is_file():
        raise WeightsError(f"there is no file {model.file}")
    return OnnxDetector(
        model.file,
        model.outputs,
        input_px=(model.input_px, model.input_height_px or model.input_px),
        channels=model.channels,
        mean=model.mean,
        scale=model.scale,
        least_score=0.3 if model.least_score is None else model.least_score,
    )
