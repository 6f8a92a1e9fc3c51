"""A run of seconds in which nothing moved, and whether anything at all still stirred in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from detectors.dsp.bins import Bin


@dataclass(frozen=True, slots=True)
class Stillness:
    """Seconds without movement, summed up. Counted in seconds that were measured.

    A device's clock may be set while somebody lies on the floor, so time is not taken from it.
    """

    begun_ns: int
    first_g: tuple[float, float, float]
    last_g: tuple[float, float, float]
    count: int = 1
    moved_sq: float = 0.0
    """Sum of the squared changes from each second's mean to the next one's."""
    noise_sq: float = 0.0
    """Sum of what these changes would be if the samples were a mean and white noise."""

    @classmethod
    def begun(cls, part: Bin) -> Stillness:
        """Return the run that a second without movement begins."""
        return cls(part.begin_ns, part.mean_g, part.mean_g)

    def after(self, part: Bin) -> Stillness:
        """Return the run after one more second."""
        return replace(
            self,
            last_g=part.mean_g,
            count=self.count + 1,
            moved_sq=self.moved_sq + math.dist(self.last_g, part.mean_g) ** 2,
            noise_sq=self.noise_sq + 2 * part.spread_g**2 / part.count,
        )

    def turned_g(self, part: Bin) -> float:
        """Return how far the mean acceleration has come from where it was at the beginning."""
        return math.dist(self.first_g, part.mean_g)

    @property
    def stir(self) -> float:
        """How much more the means wander from second to second than sensor noise would make them.

        About 1 for a sensor at rest. It is von Neumann's ratio of the mean square successive
        difference to the variance, with the variance taken inside the seconds.
        """
        if self.noise_sq <= 0:
            return 0.0 if self.moved_sq <= 0 else STIR_TOP
        return min(STIR_TOP, self.moved_sq / self.noise_sq)


STIR_TOP = 1000.0
