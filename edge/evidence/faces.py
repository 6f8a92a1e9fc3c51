"""Makes people in a picture unrecognisable: heads are drawn in a handful of coarse squares.

A head is where the model's nose, eyes and ears are, or the top of the box where it saw none of
them. Whoever the model does not see keeps their face, and a person may be known by gait or clothes:
this protects a colleague's privacy in what many may see, and does not anonymise.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.vision.people import Box, Picture, Seen

HEAD_POINTS = 5
SURE = 0.05
"""Low: a square too many costs nothing, a face too many does."""
SURE_LYING = 0.3
"""Of somebody who lies a model guesses a face that is not there: rather all of them then."""
HEAD_OF_HEIGHT = 0.16
"""A head is an eighth of a standing person; twice that, because a box may be cut off."""
SPREAD = 2.2
SQUARES = 5
ALL_OF_ONE = 12
"""Across somebody who lies: a head is less than two of them, and a body is seen to be one."""
ALL_SQUARES = 48
"""Across a whole picture: that somebody lies there is seen, and not who."""


def blur(picture: Picture, people: Sequence[Seen]) -> None:
    """Blur heads in the picture itself."""
    for seen in people:
        where = head(seen)
        _squares(picture, where, ALL_OF_ONE if where == seen.box_px else SQUARES)


def coarsen(picture: Picture) -> None:
    """Blur all of a picture: a model that finds motion only cannot say where a face is."""
    height, width = picture.shape[:2]
    _squares(picture, (0, 0, width, height), ALL_SQUARES)


def head(seen: Seen) -> Box:
    """Return where the head is: a square around the points of the face, amply."""
    left, top, width, height = seen.box_px
    least = HEAD_OF_HEIGHT * max(width, height)
    points = None if seen.keypoints is None else seen.keypoints[:HEAD_POINTS]
    lies = width > height
    sure = None if points is None else points[points[:, 2] >= (SURE_LYING if lies else SURE)]
    if sure is None or len(sure) == 0:
        # Lying or crouched, the head may be at either end; standing, it is at the top.
        if lies:
            return seen.box_px
        side = 2 * least
        return left, top - 0.1 * side, max(width, side), side
    x, y = (float(value) for value in sure[:, :2].mean(axis=0))
    reach = float(np.ptp(sure[:, :2], axis=0).max()) if len(sure) > 1 else 0.0
    side = max(SPREAD * reach, 1.4 * least, 8.0)
    return x - side / 2, y - side / 2, side, side


def _squares(picture: Picture, box: Box, count: int) -> None:
    height, width = picture.shape[:2]
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    right, bottom = min(width, int(box[0] + box[2]) + 1), min(height, int(box[1] + box[3]) + 1)
    if right - left < 2 or bottom - top < 2:
        return
    part = picture[top:bottom, left:right]
    coarse = cv2.resize(part, (count, count), interpolation=cv2.INTER_AREA)
    picture[top:bottom, left:right] = cv2.resize(
        coarse, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST
    )
