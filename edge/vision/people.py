"""What a people model says of a picture, and what a people model is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height × width × 3, blue first, as OpenCV has it."""
Keypoints = NDArray[np.float32]
"""17 × 3 in COCO's order: x and y in pixels of the picture, and a score of 0…1."""
Box = tuple[float, float, float, float]
"""left, top, width, height in pixels."""

COCO = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The keypoints by name, in their order."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody in one picture."""

    box_px: Box
    score: float
    keypoints: Keypoints | None = None


class PeopleModel(Protocol):
    """Finds people in a picture. It is used by one thread at a time.

    What finds only that something moved says so in `finds`: it cannot tell a person from a door,
    and nobody who lies still is ever found by it.
    """

    @property
    def name(self) -> str:
        """What it is, for a log and a picture's caption."""
        ...

    @property
    def finds(self) -> Literal["people", "motion"]:
        """What its boxes are boxes of."""
        ...

    def find(self, picture: Picture) -> Sequence[Seen]:
        """Return everybody found, in any order. Boxes lie within the picture."""
        ...


def clipped(left: float, top: float, right: float, bottom: float, picture: Picture) -> Box | None:
    """Return a box cut off at the picture's edges; None if nothing of it is left."""
    height, width = picture.shape[:2]
    left, right = max(0.0, left), min(float(width), right)
    top, bottom = max(0.0, top), min(float(height), bottom)
    if right - left < 1 or bottom - top < 1:
        return None
    return left, top, right - left, bottom - top


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over the union of two boxes.

    >>> overlap((0, 0, 2, 2), (1, 0, 2, 2))
    0.3333333333333333
    """
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def without_doubles(seen: Sequence[Seen], most: float) -> list[Seen]:
    """Return the better one of any two boxes that overlap by more than `most`, and all others."""
    kept: list[Seen] = []
    for each in sorted(seen, key=lambda one: -one.score):
        if all(overlap(each.box_px, other.box_px) <= most for other in kept):
            kept.append(each)
    return kept
