"""What follows a fall: still, moving, lying, up again, or carried on walking.

Severity and the call to the wearer hang on it; detection does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from contract.detection import Phase
from detectors.fall.claim import Claim
from detectors.fall.posture import UPRIGHT_DEG, Vector, tilt_deg
from detectors.fall.stream import Moved, Stream
from detectors.finding import Finding

BIN_S = 0.5
STILL_SPREAD_G = 0.04
"""Breathing and a heartbeat stay below this at the belt; shifting one's weight does not."""
STEP_SPREAD_G = 0.1
"""Slow walking stays above this at the belt; standing and working with the hands does not."""
UP_FOR_S = 5.0
WALKED_FOR_S = 2.0
"""Four steps, upright all the time since the blow: whoever fell does not do that."""
SETTLED_S = 2.5
"""Before, a body comes to rest: that it moves says nothing of how it is."""
STEPS_S = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
"""How long a stillness has lasted when it is reported."""
WATCHED_S = 180.0


class Bin(NamedTuple):
    """Half a second of samples."""

    end_ns: int
    since_impact_s: float
    mean_g: Vector
    spread_g: float
    """Root of the sum of the three axes' variances: turning shows in it as well as a jolt.

    NaN when a sample was not measured.
    """

    @classmethod
    def of(cls, stream: Stream, begin: int, end: int, impact: int) -> Bin:
        """Return what is in samples `begin` to `end` of a stream."""
        accel = stream.window(begin, end)
        mean = accel.mean(axis=0, dtype=np.float64)
        x, y, z = mean.tolist()
        spread_g = float(np.sqrt(np.square(accel - mean).sum() / len(accel)))
        since_s = (end - 1 - impact) / stream.odr_hz
        return cls(stream.t_ns(end - 1), since_s, (x, y, z), spread_g)

    def says(
        self, claim: Claim, phase: Phase, reason: str, tilted: float | None, facts: dict[str, float]
    ) -> tuple[Claim, Finding]:
        """Return a claim after what this half second says of it, and the word."""
        evidence = {"after_impact_s": round(self.since_impact_s, 1), **facts}
        if tilted is not None:
            evidence["tilt_deg"] = round(tilted, 1)
        return claim.says(phase, self.end_ns, reason, evidence, facts)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The minutes after a fall, half a second at a time.

    Time is counted in samples, because a device's clock may be set while somebody lies on the
    floor.
    """

    claim: Claim
    next: int
    """Index of the first sample of the next half second."""
    bins: int = 0
    still_bins: int = 0
    up_bins: int = 0
    """Half seconds of being up and moving, one after the other."""
    steps: int = 0
    """The same of walking."""
    told: int = 0
    """How many of the times of stillness have been reported of this one."""
    down: bool = False
    """Whether the wearer was ever not upright since the fall."""
    moved: bool = False
    walked: bool = False

    def with_claim(self, claim: Claim) -> Aftermath:
        """Return the same after something else was said of the fall."""
        return replace(self, claim=claim)

    def moved_to(self, to: Moved) -> Aftermath:
        """Return the same on the grid of another rate."""
        claim = self.claim.at_impact(to(self.claim.impact))
        return replace(self, claim=claim, next=to(self.next))

    def due(self, stream: Stream) -> int:
        """Return where the stream must end for the next half second to be judged."""
        return self.next + max(2, stream.samples(BIN_S))

    def after(
        self, stream: Stream, steps_s: tuple[float, ...]
    ) -> tuple[Aftermath | None, Finding | None]:
        """Return what is known half a second later, and what is to be said. None: it is over."""
        end = self.due(stream)
        if (self.bins + 1) * BIN_S > WATCHED_S:
            return None, None
        part = Bin.of(stream, self.next, end, self.claim.impact)
        now = replace(self, next=end, bins=self.bins + 1)
        if part.spread_g != part.spread_g:
            # Nothing was measured: neither still nor moving may be claimed across the gap.
            return replace(now, still_bins=0, up_bins=0, steps=0, told=0), None
        tilted = tilt_deg(part.mean_g, self.claim.up)
        if tilted is not None and tilted > UPRIGHT_DEG:
            now = replace(now, down=True)
        if part.spread_g <= STILL_SPREAD_G:
            return now._still(part, tilted, steps_s)
        return now._moving(part, tilted)

    def _still(
        self, part: Bin, tilted: float | None, steps_s: tuple[float, ...]
    ) -> tuple[Aftermath, Finding | None]:
        still_s = (self.still_bins + 1) * BIN_S
        told = self.told
        while told < len(steps_s) and still_s >= steps_s[told]:
            told += 1
        now = replace(self, still_bins=self.still_bins + 1, up_bins=0, steps=0, told=told)
        if told == self.told:
            return now, None
        # Somebody who sits slumped against a wall is upright, too: still is still.
        if tilted is None:
            words = f"keeps still for {still_s:.0f} s after the fall"
        elif tilted <= UPRIGHT_DEG:
            words = f"keeps still, upright, for {still_s:.0f} s after the fall"
        else:
            words = f"lies still for {still_s:.0f} s after the fall, {tilted:.0f}° from upright"
        return now._says("update", part, words, tilted, {"still_s": still_s})

    def _moving(self, part: Bin, tilted: float | None) -> tuple[Aftermath | None, Finding | None]:
        now = replace(self, still_bins=0, told=0)
        if tilted is None or tilted > UPRIGHT_DEG:
            now = replace(now, up_bins=0, steps=0)
            if self.moved or part.since_impact_s < SETTLED_S:
                return now, None
            now = replace(now, moved=True)
            words = "moves after the fall" + ("" if tilted is None else ", not up")
            return now._says("update", part, words, tilted, {})
        steps = self.steps + 1 if part.spread_g >= STEP_SPREAD_G else 0
        now = replace(now, up_bins=self.up_bins + 1, steps=steps)
        if now.up_bins * BIN_S >= UP_FOR_S:
            words = "carries on walking" if self.walked else "is up again and moving"
            _, finding = now._says("clear", part, words, tilted, {})
            return None, finding
        if not now.down and not now.walked and steps * BIN_S >= WALKED_FOR_S:
            now = replace(now, walked=True)
            return now._says("update", part, "carried on walking, upright", tilted, {})
        return now, None

    def _says(
        self, phase: Phase, part: Bin, reason: str, tilted: float | None, facts: dict[str, float]
    ) -> tuple[Aftermath, Finding]:
        claim, finding = part.says(self.claim, phase, reason, tilted, facts)
        return replace(self, claim=claim), finding
