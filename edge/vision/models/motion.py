"""Whatever moves before a still background: for a box that no people model can run on.

It is only that. A door, a shadow, a truck and a person are alike to it, whoever stands or lies
still becomes background within a minute, and nobody is told apart. What it finds is marked
`motion`, so that nothing is claimed of it that only a person can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from edge.vision.model import Model
from edge.vision.people import Picture, Seen, clipped

WIDTH_PX = 480
HISTORY = 500
"""Pictures until what stands still is background: a minute at 8 a second."""
VARIANCE = 36
"""Squared distance from the background, in its own deviations, that is foreground."""
LEAST_AREA = 0.0015
"""Of the picture: a person at the far end of a hall, and above most leaves and compression."""
SHADOW = 127
CLOSE_PX = 9
"""Legs and trunk of one person come as several blobs; what is so near is one."""


class Motion:
    """Background subtraction (Z. Zivkovic, ICPR 2004) as a people model. Pictures come in order."""

    name = "motion only (MOG2)"
    finds: Literal["motion"] = "motion"

    def __init__(self) -> None:
        self._background = cv2.createBackgroundSubtractorMOG2(HISTORY, VARIANCE, detectShadows=True)
        self._kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CLOSE_PX, CLOSE_PX))
        self._pictures = 0

    def find(self, picture: Picture) -> Sequence[Seen]:
        """Return the boxes of what moves; the score is how much of its box does."""
        scale = min(1.0, WIDTH_PX / picture.shape[1])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        mask = self._background.apply(small)
        self._pictures += 1
        if self._pictures < 5:  # until then everything is foreground
            return ()
        mask = np.asarray(mask > SHADOW, np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, self._kernel)
        _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(mask)
        found: list[Seen] = []
        for left, top, width, height, area in (map(int, row) for row in stats[1:]):
            if area < LEAST_AREA * mask.size:
                continue
            right, bottom = left + width, top + height
            box = clipped(left / scale, top / scale, right / scale, bottom / scale, picture)
            if box is not None:
                found.append(Seen(box, area / (width * height)))
        return found


def load(_model: Model) -> Motion:
    """Return a new one: it learns what stands still before one camera."""
    return Motion()
