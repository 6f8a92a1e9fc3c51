"""What the outputs of a site's own detector mean: declared in the site file, not guessed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Outputs(BaseModel):
    """Where in a detector's outputs boxes and scores are.

    Either three tensors – `boxes` N × 4, `scores` N or N × classes, and `classes` N if scores are
    not by class – or one with a row a box: `rows`, and which of its columns are what. A leading 1
    in any shape is dropped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    boxes: str | None = None
    scores: str | None = None
    classes: str | None = None
    rows: str | None = None
    transposed: bool = Field(False, description="`rows` comes as columns × boxes")
    box_columns: tuple[int, int, int, int] = (0, 1, 2, 3)
    score_column: int = Field(4, ge=0, description="Of a person, in `rows`")
    objectness_column: int | None = Field(None, ge=0, description="Multiplied in, if there is one")
    person: int = Field(0, ge=0, description="The class that is a person")
    corners: Literal["xyxy", "yxyx", "xywh", "cxcywh"] = "xyxy"
    unit: Literal["px", "share"] = Field("px", description="Of the network's input, or 0…1 of it")

    @model_validator(mode="after")
    def _one_way(self) -> Outputs:
        if (self.rows is None) == (self.boxes is None or self.scores is None):
            raise ValueError("name `rows`, or `boxes` and `scores`: one of the two")
        return self
