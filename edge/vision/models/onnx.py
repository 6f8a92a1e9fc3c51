"""A detector of the site's own, as an ONNX file: its outputs are declared, not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.vision.model import Model
from edge.vision.outputs import Outputs
from edge.vision.people import Picture, Seen, clipped, without_doubles
from edge.vision.weights import WeightsError

Floats = NDArray[np.float32]

LEAST_SCORE = 0.3


class OnnxDetector:
    """The network, on onnxruntime in one thread. Its boxes have no keypoints."""

    finds: Literal["people"] = "people"

    def __init__(
        self,
        file: Path,
        outputs: Outputs,
        *,
        input_px: tuple[int, int],
        channels: Literal["rgb", "bgr"] = "rgb",
        mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
        scale: float = 1 / 255,
        least_score: float = LEAST_SCORE,
        most_overlap: float = 0.55,
    ) -> None:
        """Load it, and check that it has the outputs declared.

        Parameters
        ----------
        input_px
            Width and height of its input; the picture is padded to that shape, not stretched.
        mean, scale
            The input is (pixel − mean) × scale.
        most_overlap
            Of two boxes that share more, the better one is kept.

        Raises
        ------
        WeightsError
            When the file is no such network.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its own errors have no base of their own
            raise WeightsError(f"{file} is not a network that can be run: {error}") from None
        there = [output.name for output in self._session.get_outputs()]
        self._names = [
            name
            for name in (outputs.rows, outputs.boxes, outputs.scores, outputs.classes)
            if name is not None
        ]
        for name in self._names:
            if name not in there:
                raise WeightsError(f'{file} has no output "{name}"; it has {", ".join(there)}')
        self.name = file.stem[:63]
        self._outputs = outputs
        given = self._session.get_inputs()[0]
        self._input, self._wide, self._high = given.name, *input_px
        self._channels_last = len(given.shape) == 4 and given.shape[3] == 3
        self._as_bytes = given.type == "tensor(uint8)"
        self._rgb = channels == "rgb"
        self._mean, self._scale = np.array(mean, np.float32), np.float32(scale)
        self._least_score, self._most_overlap = least_score, most_overlap

    def find(self, picture: Picture) -> Sequence[Seen]:
        """Return who is in a picture."""
        ratio = min(self._wide / picture.shape[1], self._high / picture.shape[0])
        given = self._prepared(picture, ratio)
        answer = dict(
            zip(self._names, self._session.run(self._names, {self._input: given}), strict=True)
        )
        boxes, scores = self._read(answer)
        found: list[Seen] = []
        for sides, score in zip(boxes / ratio, scores, strict=True):
            left, top, right, bottom = (float(side) for side in sides)
            box = clipped(left, top, right, bottom, picture)
            if box is not None:
                found.append(Seen(box, float(np.clip(score, 0, 1))))
        return without_doubles(found, self._most_overlap)

    def _prepared(self, picture: Picture, ratio: float) -> NDArray[Any]:
        canvas = np.zeros((self._high, self._wide, 3), np.uint8)
        small = cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        small = small[: self._high, : self._wide]
        canvas[: small.shape[0], : small.shape[1]] = small
        if self._rgb:
            canvas = canvas[:, :, ::-1]
        given: NDArray[Any] = canvas
        if not self._as_bytes:
            given = (canvas.astype(np.float32) - self._mean) * self._scale
        if not self._channels_last:
            given = given.transpose(2, 0, 1)
        return np.ascontiguousarray(given[np.newaxis])

    def _read(self, answer: dict[str, Any]) -> tuple[Floats, Floats]:
        """Return left, top, right, bottom in input pixels, and scores, of people alone."""
        told = self._outputs
        if told.rows is not None:
            rows = _rows(answer[told.rows])
            rows = rows.T if told.transposed else rows
            boxes, scores = rows[:, told.box_columns], rows[:, told.score_column]
            if told.objectness_column is not None:
                scores = scores * rows[:, told.objectness_column]
        else:
            boxes = _rows(answer[str(told.boxes)])
            scores = np.asarray(answer[str(told.scores)], np.float32)
            scores = scores.reshape(len(boxes), -1)
            column = 0 if told.classes is not None or scores.shape[1] == 1 else told.person
            scores = scores[:, column]
            if told.classes is not None:
                people = np.asarray(answer[told.classes]).reshape(-1) == told.person
                boxes, scores = boxes[people], scores[people]
        likely = scores >= self._least_score
        boxes = np.array(boxes[likely], np.float32)
        if told.unit == "share":
            across = (
                (self._high, self._wide) if told.corners == "yxyx" else (self._wide, self._high)
            )
            boxes *= np.array((*across, *across), np.float32)
        return _corners(boxes, told.corners), np.asarray(scores[likely], np.float32)


def _rows(tensor: Any) -> Floats:
    rows = np.asarray(tensor, np.float32)
    return rows.reshape(rows.shape[-2:]) if rows.ndim > 2 else rows


def _corners(boxes: Floats, given: str) -> Floats:
    if given == "xyxy":
        return boxes
    if given == "yxyx":
        return boxes[:, (1, 0, 3, 2)]
    first, size = boxes[:, :2], boxes[:, 2:]
    if given == "cxcywh":
        first = np.asarray(first - size / 2, np.float32)
    return np.concatenate((first, first + size), axis=1)


def load(model: Model) -> OnnxDetector:
    """Return the network of `file`, or raise `WeightsError`."""
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
        least_score=LEAST_SCORE if model.least_score is None else model.least_score,
    )
