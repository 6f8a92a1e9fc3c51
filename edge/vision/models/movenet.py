"""MoveNet MultiPose Lightning on LiteRT: up to six people a look, each with 17 keypoints.

The network takes any size in steps of 32, so a picture is scaled to `input_px` on its longer side
and padded to the next step on the other: a square would spend a third of the time on black bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edge.vision.model import Model
from edge.vision.pages import give_back
from edge.vision.people import Picture, Seen, clipped, without_doubles
from edge.vision.weights import locate

STEP_PX = 32
LEAST_SCORE = 0.08
SCORE_AT = 55
"""Of a row of 56: 17 × (y, x, score), then top, left, bottom, right, score; all of 0…1."""
MAX_OVERLAP = 0.55
"""Two boxes of one person from two tiles, or from one look, overlap by more."""
SEAM = 0.2
"""Tiles share this much of their width, so that nobody stands on the edge of both."""


class MoveNet:
    """The network, in one thread."""

    finds: Literal["people"] = "people"

    def __init__(
        self,
        weights: Path,
        *,
        input_px: int = 384,
        tiles: int = 1,
        least_score: float = LEAST_SCORE,
    ) -> None:
        """Load it.

        Parameters
        ----------
        input_px
            Longer side of what the network sees; a multiple of 32.
        tiles
            Into how many parts the picture is cut along its longer side: each may hold six people.
        least_score
            Its scores are low: above 0.12 a box is right in 95 of 100 cases, and at 0.2 one lying
            person in four is lost already. What is weaker only continues a track.
        """
        self.name = f"MoveNet MultiPose {input_px}" + (f" × {tiles}" if tiles > 1 else "")
        self._input_px = input_px
        self._tiles = tiles
        self._least_score = least_score
        self._weights = weights.resolve()
        self._interpreter = Interpreter(model_path=str(weights), num_threads=1)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self._canvas: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)

    def find(self, picture: Picture) -> Sequence[Seen]:
        """Return who is in a picture."""
        found: list[Seen] = []
        for left, top, width, height in tiles_of(picture.shape[1], picture.shape[0], self._tiles):
            tile = picture[top : top + height, left : left + width]
            found += self._look(tile, left, top, picture)
        return without_doubles(found, MAX_OVERLAP)

    def _look(self, tile: Picture, left: int, top: int, picture: Picture) -> list[Seen]:
        height, width = tile.shape[:2]
        scale = self._input_px / max(height, width)
        wide, high = max(1, round(width * scale)), max(1, round(height * scale))
        shape = (-(-high // STEP_PX) * STEP_PX, -(-wide // STEP_PX) * STEP_PX, 3)
        if self._canvas.shape != shape:
            self._canvas = np.zeros(shape, np.uint8)
            self._interpreter.resize_tensor_input(self._input["index"], (1, *shape))
            self._interpreter.allocate_tensors()
            # XNNPACK has its own copy of the weights now, four times as large as the file's.
            give_back(self._weights)
        small = cv2.resize(tile, (wide, high), interpolation=cv2.INTER_AREA)
        self._canvas[:] = 0
        cv2.cvtColor(small, cv2.COLOR_BGR2RGB, dst=self._canvas[:high, :wide])
        self._interpreter.set_tensor(self._input["index"], self._canvas[np.newaxis])
        self._interpreter.invoke()
        rows = self._interpreter.get_tensor(self._output["index"])[0]
        return list(self._read(rows, shape[1] / scale, shape[0] / scale, left, top, picture))

    def _read(
        self,
        rows: NDArray[np.float32],
        wide: float,
        high: float,
        left: int,
        top: int,
        picture: Picture,
    ) -> Sequence[Seen]:
        found: list[Seen] = []
        for row in rows[rows[:, SCORE_AT] >= self._least_score]:
            points = row[:51].reshape(17, 3)[:, (1, 0, 2)].copy()
            points[:, 0] = points[:, 0] * wide + left
            points[:, 1] = points[:, 1] * high + top
            y1, x1, y2, x2 = (float(side) for side in row[51:55])
            box = clipped(
                x1 * wide + left, y1 * high + top, x2 * wide + left, y2 * high + top, picture
            )
            if box is not None:
                found.append(Seen(box, float(min(1.0, row[SCORE_AT])), points))
        return found


def tiles_of(width: int, height: int, count: int) -> Sequence[tuple[int, int, int, int]]:
    """Return left, top, width and height of `count` tiles along the longer side.

    >>> tiles_of(1000, 500, 2)
    [(0, 0, 555, 500), (445, 0, 555, 500)]
    >>> tiles_of(1000, 500, 1)
    [(0, 0, 1000, 500)]
    """
    along = max(width, height)
    length = int(along / (count - (count - 1) * SEAM))
    starts = [round(k * (along - length) / max(1, count - 1)) for k in range(count)]
    if width >= height:
        return [(start, 0, length, height) for start in starts]
    return [(0, start, width, length) for start in starts]


def load(model: Model) -> MoveNet:
    """Return it with the weights of this machine, or raise `WeightsError`."""
    return MoveNet(
        locate("movenet"),
        input_px=model.input_px,
        tiles=model.tiles,
        least_score=LEAST_SCORE if model.least_score is None else model.least_score,
    )
