"""Bourke's upper fall threshold."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from simulators.accuracy.baselines.impact import Impact


class BourkeUpper(Impact):
    """The root sum of squares of the trunk's acceleration exceeds the upper fall threshold.

    RSS = sqrt(x² + y² + z²) > UFT = 3.52 g, the smallest of the greatest values in the falls of the
    paper. The lower fall threshold, RSS < 0.41 g, is the weaker half and is left out.

    References
    ----------
    Bourke A.K., O'Brien J.V., Lyons G.M., "Evaluation of a threshold-based tri-axial accelerometer
    fall detection algorithm", Gait & Posture 26 (2007) 194-199. The threshold is from memory, not
    checked against the paper.
    """

    kind: ClassVar[str] = "bourke-upper"
    title: ClassVar[str] = "Bourke 2007, upper threshold"
    citation: ClassVar[str] = "Bourke et al., Gait & Posture 26 (2007) 194–199"
    from_memory: ClassVar[bool] = True

    impact_g: float = Field(3.52, gt=1, description="The upper fall threshold")
