"""A fall that was told, and what is said of it from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from detectors.fall.account import Account
from detectors.fall.posture import Vector
from detectors.finding import Finding

OTHER_CONFIDENCE = 0.05
"""A change of confidence by so much is said."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What every later word about a fall refers to."""

    onset_ns: int
    impact: int
    """Index of the impact in the stream."""
    impact_ns: int
    confidence: float
    up: Vector | None
    """Which way was up before it; None when the stream began too late to know."""
    said_ns: int
    """When the last of it was decided."""
    account: Account
    """What was said of the blow."""

    def seen_again(self, account: Account, confidence: float) -> Claim | None:
        """Return the claim after another look that says something else of it; None if none does.

        Each word about a fall is written into a record that people read, and read by them at night.
        """
        surer = abs(confidence - self.confidence) >= OTHER_CONFIDENCE
        if not surer and self.account.says_the_same(account):
            return None
        return replace(self, confidence=confidence, account=account)

    def at_impact(self, impact: int) -> Claim:
        """Return the claim with its impact at another index: the stream's rate has changed."""
        return replace(self, impact=impact)

    def says(
        self,
        phase: Phase,
        decided_ns: int,
        reason: str,
        evidence: Mapping[str, float],
        facts: Mapping[str, float],
    ) -> tuple[Claim, Finding]:
        """Return the claim after one more word about it, and the word.

        Each is decided later than the one before: a device's clock may be set back while somebody
        lies on the floor, and what seems to be decided twice at one instant would be said once.
        """
        decided_ns = max(decided_ns, self.said_ns + 1)
        finding = Finding(
            kind=DetectionKind.FALL,
            phase=phase,
            onset_ns=self.onset_ns,
            decided_ns=decided_ns,
            confidence=self.confidence,
            reason=reason,
            evidence=evidence,
            facts=facts,
        )
        return replace(self, said_ns=decided_ns), finding
