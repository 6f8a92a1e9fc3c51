"""An impact is a fall: the least that a detector can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.accuracy.baselines.baseline import Baseline, Heard


class Impact(Baseline):
    """The signal vector magnitude exceeds a threshold: |a| > 3 g.

    References
    ----------
    No paper of its own: the impact stage of nearly every rule, by itself.
    """

    kind: ClassVar[str] = "impact-3g"
    title: ClassVar[str] = "impact > 3 g"
    citation: ClassVar[str] = "no paper of its own"
    from_memory: ClassVar[bool] = False
    swept: ClassVar[tuple[str, tuple[float, ...]]] = ("impact_g", (2, 2.5, 3, 3.5, 4, 5, 6, 8))

    impact_g: float = Field(3.0, gt=1, description="Signal vector magnitude of an impact")

    def falls(self, heard: Heard, low: int, high: int) -> Iterable[int]:
        """Yield every sample above the threshold."""
        found: list[int] = (
            np.flatnonzero(heard.magnitude[low:high] > self.impact_g) + low
        ).tolist()
        return found
