"""Which people model a camera uses, as a site file says it, and loading it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.vision.extra import needed
from edge.vision.outputs import Outputs
from edge.vision.weights import WeightsError, locate

if TYPE_CHECKING:  # it brings numpy, which a box without cameras does not have
    from edge.vision.people import PeopleModel

Kind = Literal["movenet", "onnx", "motion"]


class Model(BaseModel):
    """`model` of a camera: MoveNet unless it says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Field(
        "movenet",
        description="`onnx`: a detector of the site's own; `motion`: whatever moves, and only that",
    )
    input_px: int = Field(384, ge=96, le=1920, multiple_of=32, description="Its longer side")
    input_height_px: int | None = Field(
        None, ge=32, le=1920, description="For `onnx`, where its input is not square"
    )
    tiles: int = Field(
        1, ge=1, le=4, description="Cut the picture into so many: MoveNet sees six people a tile"
    )
    least_score: float | None = Field(
        None, ge=0, le=1, description="Weaker sights are left out; 0.08 for MoveNet, 0.3 for onnx"
    )
    file: Path | None = Field(None, description="The ONNX file")
    outputs: Outputs | None = Field(None, description="Where in its outputs boxes are")
    channels: Literal["rgb", "bgr"] = "rgb"
    mean: tuple[float, float, float] = Field((0, 0, 0), description="Taken from each pixel …")
    scale: float = Field(1 / 255, gt=0, description="… before it is multiplied with this")

    @model_validator(mode="after")
    def _onnx_is_declared(self) -> Model:
        declared = self.file is not None and self.outputs is not None
        if self.kind == "onnx" and not declared:
            raise ValueError('kind = "onnx" needs `file` and `outputs`')
        if self.kind != "onnx" and (self.file is not None or self.outputs is not None):
            raise ValueError('`file` and `outputs` are for kind = "onnx"')
        return self


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
