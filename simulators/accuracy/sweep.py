"""What a detector claims of a recording at many thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import PrivateAttr

from contract.imu import ImuBlock
from contract.site import Worn
from detectors.fall.candidate import Candidate
from detectors.fall.detector import FallDetector
from detectors.fall.model import Stage
from simulators.accuracy.stream import claims
from simulators.accuracy.system import System
from simulators.accuracy.truth import Claim

Seen = tuple[bytes, float, int, Stage]
"""All that a score depends on."""


def claims_at(
    received: Sequence[ImuBlock], worn: Worn, system: System, thresholds: Sequence[float]
) -> list[tuple[Claim, ...]]:
    """Return the claims at each of some thresholds, as one run through the pipeline at each gives.

    What a detector says at one cannot be told from what it said at another: after a fall it rests.
    """
    if isinstance(system.detector, FallDetector) and system.swept[0] == "threshold":
        return _by_score(received, worn, system.detector, thresholds)
    found: dict[float, tuple[Claim, ...]] = {}
    silent = False
    for value in sorted(thresholds):
        # A published rule that sees nothing at one threshold sees nothing at a higher one.
        found[value] = () if silent else claims(received, worn, [system.at_threshold(value)])
        silent = not found[value]
    return [found[value] for value in thresholds]


class Remembering(FallDetector):
    """The fall detector, but it asks its model once about each candidate, and notes the scores."""

    _known: dict[Seen, float] = PrivateAttr(default_factory=dict)
    _compared: set[float] = PrivateAttr(default_factory=set)

    def score(self, worn: Worn | None, candidate: Candidate, stage: Stage) -> float:
        """Return what the model says, or said before, of these very samples."""
        seen = (candidate.accel.tobytes(), candidate.odr_hz, candidate.peak, stage)
        if seen not in self._known:
            self._known[seen] = super().score(worn, candidate, stage)
        self._compared.add(self._known[seen])
        return self._known[seen]

    def alike(self) -> tuple[float, float]:
        """Return the span of thresholds at which the run since the last call would be the same.

        A threshold does nothing but divide the scores. One that divides those of a run as that run
        did leads to the same claims, so to the same scores, and so on to the end. The lower end is
        not of the span, the upper one is: a score that reaches the threshold is enough.
        """
        below = (score for score in self._compared if score < self.threshold)
        reached = (score for score in self._compared if score >= self.threshold)
        span = max(below, default=-math.inf), min(reached, default=math.inf)
        self._compared.clear()
        return span


def _by_score(
    received: Sequence[ImuBlock], worn: Worn, detector: FallDetector, thresholds: Sequence[float]
) -> list[tuple[Claim, ...]]:
    remembering = Remembering(**detector.model_dump())
    found: dict[float, tuple[Claim, ...]] = {}
    for value in thresholds:
        if value in found:
            continue
        run = remembering.model_copy(update={"threshold": value})
        claimed = claims(received, worn, [run])
        above, upto = run.alike()
        found |= {other: claimed for other in thresholds if above < other <= upto}
    return [found[value] for value in thresholds]
