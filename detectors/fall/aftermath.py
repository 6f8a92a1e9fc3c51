"""What follows a fall: still, moving, or up again. Severity hangs on it; detection does not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from contract.instants import NS_PER_S, seconds
from detectors.fall.stream import Bin
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
    """The minutes after a fall, half a second at a time."""

    onset_ns: int
    impact_ns: int
    from_ns: int
    """Watched from here: the sample that settled the fall."""
    upright_g: tuple[float, float, float]
    confidence: float
    still_since_ns: int | None = None
    up_since_ns: int | None = None
    told: int = 0
    """How many of `steps_s` have been reported of this stillness."""
    moved: bool = False

    def after(
        self, part: Bin, bin_s: float, steps_s: tuple[float, ...]
    ) -> tuple[Aftermath | None, Finding | None]:
        """Return what is known after one more bin, and what is to be said. None: it is over."""
        if seconds(part.end_ns - self.impact_ns) > WATCHED_S:
            return None, None
        if not part.whole:
            # Nothing was measured: neither still nor moving may be claimed across the gap.
            return replace(self, still_since_ns=None, up_since_ns=None, told=0), None
        begun_ns = part.end_ns - round(bin_s * NS_PER_S)
        if begun_ns < self.from_ns:
            return self, None
        if part.spread_g <= STILL_SPREAD_G:
            return self._still(part, begun_ns, steps_s)
        return self._moving(part, begun_ns)

    def _still(
        self, part: Bin, begun_ns: int, steps_s: tuple[float, ...]
    ) -> tuple[Aftermath, Finding | None]:
        since = begun_ns if self.still_since_ns is None else self.still_since_ns
        still_s = seconds(part.end_ns - since)
        told = self.told
        while told < len(steps_s) and still_s >= steps_s[told]:
            told += 1
        now = replace(self, still_since_ns=since, up_since_ns=None, told=told)
        if told == self.told:
            return now, None
        return now, self._finding(
            "update",
            part.end_ns,
            f"lies still for {still_s:.0f} s after the fall",
            {"still_s": still_s},
        )

    def _moving(self, part: Bin, begun_ns: int) -> tuple[Aftermath | None, Finding | None]:
        cos = _cosine(part.mean_g, self.upright_g)
        if cos < UPRIGHT_COS:
            now = replace(self, still_since_ns=None, up_since_ns=None, told=0, moved=True)
            if self.moved:
                return now, None
            return now, self._finding("update", part.end_ns, "moves after the fall, not up", {})
        since = begun_ns if self.up_since_ns is None else self.up_since_ns
        now = replace(self, still_since_ns=None, up_since_ns=since, told=0, moved=True)
        if seconds(part.end_ns - since) < UP_FOR_S:
            return now, None
        return None, self._finding("clear", part.end_ns, "is up again and moving", {})

    def _finding(
        self, phase: str, decided_ns: int, reason: str, facts: dict[str, float]
    ) -> Finding:
        after_s = round(seconds(decided_ns - self.impact_ns), 1)
        return Finding(
            kind="fall",
            phase="clear" if phase == "clear" else "update",
            onset_ns=self.onset_ns,
            decided_ns=decided_ns,
            confidence=self.confidence,
            reason=reason,
            evidence={"after_impact_s": after_s, **facts},
            facts=facts,
        )


def _cosine(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / max(1e-9, math.hypot(*a) * math.hypot(*b))
