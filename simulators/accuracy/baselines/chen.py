"""Chen's impact with a change of orientation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.accuracy.baselines.baseline import Baseline, Heard


class Chen(Baseline):
    """An impact, and the body lies differently after it than before, in any orientation.

    |a| > 3 g, and the angle between b and c exceeds 45°, where b is the mean acceleration from 1.5
    to 0.5 s before the impact and c that from 1 to 2.5 s after it: cos angle = b · c / (|b| |c|).

    References
    ----------
    Chen J., Kwong K., Chang D., Luk J., Bajcsy R., "Wearable sensors for reliable fall detection",
    Proc. 27th IEEE EMBS Conf. (2005) 3551-3554. The windows are from memory, not checked against
    the paper, which compares one second before with two seconds after.
    """

    kind: ClassVar[str] = "chen"
    title: ClassVar[str] = "Chen 2005"
    citation: ClassVar[str] = "Chen et al., Proc. 27th IEEE EMBS (2005) 3551–3554"
    swept: ClassVar[tuple[str, tuple[float, ...]]] = ("impact_g", (1.6, 2, 2.5, 3, 3.5, 4, 5, 6))
    back_s: ClassVar[float] = 1.5
    ahead_s: ClassVar[float] = 2.5

    impact_g: float = Field(3.0, gt=1, description="Signal vector magnitude of an impact")
    turn_deg: float = Field(45.0, gt=0, lt=180, description="Least change of orientation")

    def falls(self, heard: Heard, low: int, high: int) -> Iterator[int]:
        """Yield the peaks after which the body is turned."""
        for at in heard.peaks(heard.magnitude, self.impact_g, low, high):
            before, after = heard.mean(at, -1.5, -0.5), heard.mean(at, 1.0, 2.5)
            lengths = float(np.linalg.norm(before) * np.linalg.norm(after))
            cos = float(before @ after) / max(1e-9, lengths)
            if cos < np.cos(np.radians(self.turn_deg)):
                yield at
