"""What follows a fall: still, moving, or up again. Severity hangs on it; detection does not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from contract.detection import Phase
from contract.instants import seconds
from detectors.fall.stream import BIN_S, Bin
from detectors.finding import Finding

STILL_SPREAD_G = 0.04
"""Breathing and a heartbeat stay below this at the belt; shifting one's weight does not."""
UPRIGHT_COS = 0.8
UP_FOR_S = 5.0
STEPS_S = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
"""How long a stillness has lasted when it is reported."""
WATCHED_S = 180.0


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The minutes after a fall, half a second at a time.

    Time is counted in bins, because a device's clock may be set while somebody lies on the floor.
    """

    onset_ns: int
    impact_ns: int
    settled: int
    """Number of the bin in which the fall was settled; watched from the next."""
    upright_g: tuple[float, float, float]
    confidence: float
    still_bins: int = 0
    up_bins: int = 0
    told: int = 0
    """How many of `steps_s` have been reported of this stillness."""
    moved: bool = False

    def after(
        self, part: Bin, steps_s: tuple[float, ...]
    ) -> tuple[Aftermath | None, Finding | None]:
        """Return what is known after one more bin, and what is to be said. None: it is over."""
        if part.number <= self.settled:
            return self, None
        watched_s = (part.number - self.settled) * BIN_S
        if max(watched_s, seconds(part.end_ns - self.impact_ns)) > WATCHED_S:
            return None, None
        if not part.whole:
            # Nothing was measured: neither still nor moving may be claimed across the gap.
            return replace(self, still_bins=0, up_bins=0, told=0), None
        if part.spread_g <= STILL_SPREAD_G:
            return self._still(part, steps_s)
        return self._moving(part)

    def _still(self, part: Bin, steps_s: tuple[float, ...]) -> tuple[Aftermath, Finding | None]:
        still_s = (self.still_bins + 1) * BIN_S
        told = self.told
        while told < len(steps_s) and still_s >= steps_s[told]:
            told += 1
        now = replace(self, still_bins=self.still_bins + 1, up_bins=0, told=told)
        if told == self.told:
            return now, None
        # Somebody who sits slumped against a wall is upright, too: still is still.
        how = "keeps still, upright," if self._upright(part) else "lies still"
        words = f"{how} for {still_s:.0f} s after the fall"
        return now, self._finding("update", part.end_ns, words, {"still_s": still_s})

    def _moving(self, part: Bin) -> tuple[Aftermath | None, Finding | None]:
        if not self._upright(part):
            now = replace(self, still_bins=0, up_bins=0, told=0, moved=True)
            if self.moved:
                return now, None
            return now, self._finding("update", part.end_ns, "moves after the fall, not up", {})
        now = replace(self, still_bins=0, up_bins=self.up_bins + 1, told=0, moved=True)
        if now.up_bins * BIN_S < UP_FOR_S:
            return now, None
        return None, self._finding("clear", part.end_ns, "is up again and moving", {})

    def _upright(self, part: Bin) -> bool:
        return _cosine(part.mean_g, self.upright_g) >= UPRIGHT_COS

    def _finding(
        self, phase: Phase, decided_ns: int, reason: str, facts: dict[str, float]
    ) -> Finding:
        after_s = round(seconds(decided_ns - self.impact_ns), 1)
        return Finding(
            kind="fall",
            phase=phase,
            onset_ns=self.onset_ns,
            decided_ns=max(self.onset_ns, decided_ns),  # the clock may have been set back
            confidence=self.confidence,
            reason=reason,
            evidence={"after_impact_s": after_s, **facts},
            facts=facts,
        )


def _cosine(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / max(1e-9, math.hypot(*a) * math.hypot(*b))
