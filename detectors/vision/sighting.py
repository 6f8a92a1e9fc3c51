"""One person in one frame, as far as the rules look: where they stand and how they hold themselves.

Nothing here knows the size of the picture: lengths are in the person's own heights or angles.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, hypot
from typing import NamedTuple

from contract.polygon import Point
from contract.tracks import Keypoint, Track

SURE = 0.1
"""A keypoint that scores less is a guess. MoveNet's scores are low: on lying people half of the
hips score below 0.2."""
EDGE_PX = 1.0
SHOULDERS, HIPS = (5, 6), (11, 12)


class Sighting(NamedTuple):
    """What one frame shows of somebody."""

    t_ns: int
    foot_px: Point
    top_px: float
    height_px: float
    aspect: float
    """Width over height of the box: below 0.6 for who stands, above 1 for most who lie."""
    tilt_deg: float | None
    """How far the line from hips to shoulders leans from the vertical: 0 to 180; None if unseen."""
    confidence: float
    cut: bool
    """Whether the box touches the picture's edge: there may be more of them."""

    @classmethod
    def of(cls, track: Track, t_ns: int, size_px: tuple[int, int]) -> Sighting:
        """Return what a track shows. A foot that is cut off by the picture's edge stands on it."""
        left, top, width, height = track.box_px
        x, y = track.foot_px
        foot = min(max(x, 0.0), float(size_px[0])), min(max(y, 0.0), float(size_px[1]))
        return cls(
            t_ns,
            foot,
            top,
            max(height, 1.0),
            width / max(height, 1.0),
            tilt_deg(track.keypoints),
            track.confidence,
            min(left, top) <= EDGE_PX
            or left + width >= size_px[0] - EDGE_PX
            or top + height >= size_px[1] - EDGE_PX,
        )

    def away(self, other: Point) -> float:
        """Return how far the feet are from a point of the picture, in pixels."""
        return hypot(self.foot_px[0] - other[0], self.foot_px[1] - other[1])


def tilt_deg(keypoints: Sequence[Keypoint]) -> float | None:
    """Return the lean of the trunk from the vertical, head up being 0.

    >>> upright = [(0, 0, 0)] * 5 + [(0, 0, 0.9)] * 2 + [(0, 0, 0)] * 4 + [(0, 50, 0.9)] * 2
    >>> tilt_deg(upright + [(0, 0, 0)] * 4)
    0.0
    """
    shoulders, hips = _middle(keypoints, SHOULDERS), _middle(keypoints, HIPS)
    if shoulders is None or hips is None or shoulders == hips:
        return None
    return degrees(abs(atan2(shoulders[0] - hips[0], hips[1] - shoulders[1])))


def _middle(keypoints: Sequence[Keypoint], pair: tuple[int, int]) -> Point | None:
    if len(keypoints) <= max(pair):
        return None
    sure = [keypoints[n] for n in pair if keypoints[n][2] >= SURE]
    if not sure:
        return None
    return sum(p[0] for p in sure) / len(sure), sum(p[1] for p in sure) / len(sure)
