"""Blackens what must never be looked at, before anything else sees a picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.vision.people import Picture

Polygon = Sequence[tuple[float, float]]


class Masks:
    """Privacy masks, drawn on a picture of `size_px`; for another size they are scaled."""

    def __init__(self, size_px: tuple[int, int], polygons: Sequence[Polygon]) -> None:
        self._size_px = size_px
        self._polygons = polygons

    def __bool__(self) -> bool:
        return bool(self._polygons)

    def blacken(self, picture: Picture) -> None:
        """Blacken them in the picture itself."""
        if not self._polygons:
            return
        height, width = picture.shape[:2]
        scale = np.array((width / self._size_px[0], height / self._size_px[1]))
        for polygon in self._polygons:
            corners = np.rint(np.array(polygon) * scale).astype(np.int32)
            cv2.fillPoly(picture, [corners], (0, 0, 0))
