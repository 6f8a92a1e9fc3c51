"""Which people model a camera uses, as a site file says it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.vision.outputs import Outputs


class Model(BaseModel):
    """`model` of a camera: MoveNet unless it says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(
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
