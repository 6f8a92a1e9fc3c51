"""Kangas' algorithm 1: impact and posture, with a fixed vertical axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
from pydantic import Field

from simulators.accuracy.baselines.baseline import Baseline, Heard, Samples


class Kangas1(Baseline):
    """An impact, and two seconds later the body is not upright.

    SVtot = |a| >= 2.0 g, and the acceleration along the device's vertical axis, averaged over 0.4 s
    from two seconds after the impact, is at most 0.5 g.

    The paper fixes the axis by how the device is strapped on. Here it is the mean direction of all
    everyday recordings in the same file, which no device could know beforehand. What
    `detectors.fall` ships learns the vertical from the wearer instead, and looks sooner.

    References
    ----------
    Kangas M. et al., "Comparison of low-complexity fall detection algorithms for body attached
    accelerometers", Gait & Posture 28 (2008) 285-291, algorithm 1, waist. The abstract was read,
    the thresholds are from memory, not checked against the paper.
    """

    kind: ClassVar[str] = "kangas-1"
    title: ClassVar[str] = "Kangas 2008, algorithm 1"
    citation: ClassVar[str] = "Kangas et al., Gait & Posture 28 (2008) 285–291"
    swept: ClassVar[tuple[str, tuple[float, ...]]] = ("impact_g", (1.4, 1.7, 2, 2.5, 3, 3.5, 4, 5))
    back_s: ClassVar[float] = 1.0
    ahead_s: ClassVar[float] = 2.4

    impact_g: float = Field(2.0, gt=1, description="Total sum vector of an impact")
    upright_g: float = Field(0.5, ge=-1, le=1, description="At most this along the vertical")
    up: tuple[float, float, float] = Field((0, 0, 1), description="The device's vertical axis")

    def mounted(self, up: tuple[float, float, float]) -> Self:
        """Return the rule for a device that is worn this way up."""
        return self.model_copy(update={"up": up})

    def falls(self, heard: Heard, low: int, high: int) -> Iterator[int]:
        """Yield the peaks after which nobody stands."""
        up, magnitude = np.asarray(self.up), heard.magnitude
        for at in heard.peaks(magnitude, self.impact_g, low, high):
            upright_g = float(heard.mean(at, 2.0, 2.4) @ up)
            if upright_g <= self.upright_g and self.began(heard, magnitude, at):
                yield at

    def began(self, heard: Heard, magnitude: Samples, at: int) -> bool:
        """Whether what came before the impact was a fall. Algorithm 1 does not ask."""
        return True
