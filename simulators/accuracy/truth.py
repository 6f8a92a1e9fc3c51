"""What happened in a recording, what was claimed of it, and how the two compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NEAR_S = 2.0
"""How far an onset may be from the impact, or outside the annotated fall."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A fall that was recorded. Times are from the first sample of the recording."""

    impact_s: float
    onset_s: float | None = None
    """When it began and ended, where somebody annotated it."""
    end_s: float | None = None

    @property
    def span_s(self) -> tuple[float, float]:
        """When an onset is a hit: about the annotated fall if there is one, else the impact.

        >>> Fall(impact_s=5.0).span_s
        (3.0, 7.0)
        >>> Fall(impact_s=5.0, onset_s=4.0, end_s=8.0).span_s
        (2.0, 10.0)
        """
        if self.onset_s is None or self.end_s is None:
            return self.impact_s - NEAR_S, self.impact_s + NEAR_S
        return self.onset_s - NEAR_S, self.end_s + NEAR_S

    @property
    def struck_s(self) -> float:
        """The impact, from which latency counts.

        Recorded is the greatest sample. Of an arm that may be a gesture; what lies outside the
        annotated fall is none of its impact, so the nearer end of the fall stands for it.
        """
        if self.onset_s is None or self.end_s is None:
            return self.impact_s
        return min(max(self.impact_s, self.onset_s), self.end_s)


@dataclass(frozen=True, slots=True)
class Claim:
    """A fall that a detector claimed."""

    onset_s: float
    decided_s: float
    """The time of the sample that settled it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the claims about one recording are worth."""

    hit: Claim | None
    false_alarms: tuple[Claim, ...]

    def latency_s(self, fall: Fall) -> float | None:
        """Return how long after the impact the fall was settled, None if it was not found."""
        return None if self.hit is None else self.hit.decided_s - fall.struck_s


def judge(fall: Fall | None, claims: Sequence[Claim]) -> Verdict:
    """Compare the claims about a recording with what happened in it.

    The first claim to be settled inside the fall's span is the hit. Every other one is a false
    alarm: a second one for the same fall, too, and one anywhere else in a recording of a fall.
    """
    if fall is None:
        return Verdict(None, tuple(claims))
    since_s, until_s = fall.span_s
    near = [claim for claim in claims if since_s <= claim.onset_s <= until_s]
    hit = min(near, key=lambda claim: claim.decided_s, default=None)
    return Verdict(hit, tuple(claim for claim in claims if claim is not hit))
