"""Whether a camera sees: black, covered, frozen, or turned away from what was drawn upon it.

Each must last before it is said, and is taken back as soon as it is over. The thresholds are own
choices, checked on the recordings and on pictures spoilt by hand; no camera was watched for months.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.instants import seconds
from contract.tracks import View
from edge.vision.people import Picture

Floats = NDArray[np.float32]

WIDTH_PX = 160
LASTS_S: dict[View, float] = {"clear": 0.0, "black": 2.0, "covered": 3.0, "moved": 8.0}
FROZEN_S = 20.0
"""A sensor always has some noise, but a frugal encoder repeats a still scene to the bit until its
next key picture, which may be ten seconds away."""
BLACK_LEVEL = 40
"""Of 255: what the brightest hundredth of a black picture stays under."""
BARE = 2.0
"""Mean gradient of what has nothing to see in it: a hand, a bag, a lens full of paint …"""
FLAT, SOFT = 16, 0.045
"""… or of a dim hall, which has contrasts still (grey levels between its darkest and brightest
hundredth), and edges as sharp as they allow: 0.05 to 0.15 of them in the recordings at any light,
behind a hand 0.01 to 0.04."""
LOST_EDGES = 0.25
"""Of the edges that the scene is known to have, unless they are where they were: …"""
DIMMED = 0.6
"""… correlation from which the light only has gone down. Dimmed to a tenth it is 0.9 and more in
the recordings, behind a smeared lens 0.4 and less."""
LEARN_S = 5.0
"""Of clear pictures, until the scene is known …"""
ADAPT_S = 1800.0
"""… and how slowly it changes afterwards: with the daylight, not with who stands in it."""
ALIKE = 0.25
"""Correlation of the edges with the scene's: under it, this is another scene."""
SHIFT = 0.03
"""Of the width: a knocked camera; zones are then drawn on the wrong floor."""
SURE_SHIFT = 0.15
"""Peak of the phase correlation over which a shift is believed."""


class _Look(NamedTuple):
    edges: Floats
    level: float
    contrast: float

    @property
    def detail(self) -> float:
        """How much there is to see."""
        return float(self.edges.mean())

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to see, in any light."""
        is_soft = self.contrast < FLAT or self.detail < SOFT * self.contrast
        return self.detail < BARE and is_soft


class Blindness:
    """Watches one camera's pictures. Pictures come in the order of time."""

    def __init__(self, frozen_s: float = FROZEN_S) -> None:
        self._lasts_s = {**LASTS_S, "frozen": frozen_s}
        self._scene: Floats | None = None
        self._learnt_s = 0.0
        self._t_ns: int | None = None
        self._suspected: View = "clear"
        self._since_ns = 0
        self._dots: NDArray[np.uint8] | None = None
        self._changed_ns = 0

    def look(self, t_ns: int, picture: Picture) -> View:
        """Return whether the camera sees, and if not, why."""
        before_ns = t_ns if self._t_ns is None else self._t_ns
        self._t_ns = t_ns
        if self._is_frozen(t_ns, picture):
            return "frozen"
        look = _seen(picture)
        suspected = self._judge(look)
        if suspected != self._suspected:
            self._suspected, self._since_ns = suspected, before_ns
        if suspected == "clear":
            self._learn(look.edges, seconds(t_ns - before_ns))
        if seconds(t_ns - self._since_ns) >= self._lasts_s[suspected]:
            return suspected
        return "clear"

    def _is_frozen(self, t_ns: int, picture: Picture) -> bool:
        dots = picture[::4, ::4, 1]
        if self._dots is None or not np.array_equal(dots, self._dots):
            self._dots, self._changed_ns = dots.copy(), t_ns
        return seconds(t_ns - self._changed_ns) >= self._lasts_s["frozen"]

    def _judge(self, look: _Look) -> View:
        if look.level < BLACK_LEVEL and look.detail < BARE:
            return "black"
        known = self._scene if self._scene is not None and self._learnt_s >= LEARN_S else None
        if known is None or known.shape != look.edges.shape:
            return "covered" if look.is_bare else "clear"
        if look.detail < max(BARE, LOST_EDGES * float(known.mean())):
            return "clear" if _likeness(look.edges, known) >= DIMMED else "covered"
        return "moved" if _is_elsewhere(look.edges, known) else "clear"

    def _learn(self, edges: Floats, dt_s: float) -> None:
        if self._scene is None or self._scene.shape != edges.shape:
            self._scene, self._learnt_s = edges.copy(), 0.0
            return
        self._learnt_s += dt_s
        slow_s = LEARN_S if self._learnt_s < LEARN_S else ADAPT_S
        cv2.accumulateWeighted(edges, self._scene, min(1.0, dt_s / slow_s))


def _seen(picture: Picture) -> _Look:
    scale = WIDTH_PX / picture.shape[1]
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25)
    along = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    edges = np.asarray(cv2.magnitude(across, along), np.float32)
    darkest, brightest = (float(level) for level in np.percentile(grey, (1, 99)))
    return _Look(edges, brightest, brightest - darkest)


def _likeness(edges: Floats, scene: Floats) -> float:
    """Return the correlation of two pictures' edges: 1 in any light, about 0 in another place."""
    one, other = edges - edges.mean(), scene - scene.mean()
    both = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / both if both else 0.0


def _is_elsewhere(edges: Floats, scene: Floats) -> bool:
    if _likeness(edges, scene) < ALIKE:
        return True
    one, other = edges - edges.mean(), scene - scene.mean()
    window = cv2.createHanningWindow((one.shape[1], one.shape[0]), cv2.CV_32F)
    (right, down), peak = cv2.phaseCorrelate(other, one, window)
    return peak >= SURE_SHIFT and float(np.hypot(right, down)) >= SHIFT * WIDTH_PX
