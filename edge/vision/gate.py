"""Whether anything moves: asked of every picture, so that the model is asked of few."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.instants import seconds
from edge.vision.people import Picture

WIDTH_PX = 320
STEP = 14
"""Grey levels: above the noise and compression of an indoor camera at night."""
LEAST_SHARE = 0.0004
"""Of the picture: someone 40 pixels tall in one of 1280 × 720."""
LEARN_S = 8.0
"""What has stopped for so long is part of the scene."""


class Gate:
    """Remembers the scene, and says whether a picture differs from it."""

    def __init__(self) -> None:
        self._scene: NDArray[np.float32] | None = None
        self._t_ns = 0

    def moves(self, t_ns: int, picture: Picture) -> bool:
        """Return whether something moves; True for the first picture, and after a change of size.

        A third of a millisecond for a picture of 1280 × 720.
        """
        scale = WIDTH_PX / picture.shape[1]
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (5, 5), 0)
        now = grey.astype(np.float32)
        if self._scene is None or self._scene.shape != now.shape:
            self._scene, self._t_ns = now, t_ns
            return True
        weight = min(1.0, max(0.0, seconds(t_ns - self._t_ns)) / LEARN_S)
        differs = np.asarray(cv2.absdiff(now, self._scene) > STEP, np.uint8)
        count = np.count_nonzero(cv2.erode(differs, np.ones((3, 3), np.uint8)))
        cv2.accumulateWeighted(now, self._scene, weight)
        self._t_ns = t_ns
        return bool(count >= LEAST_SHARE * differs.size)
