"""The half hour after a fall: whether somebody who was up, or moved, comes to lie still again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detectors.fall.aftermath import BIN_S, STILL_SPREAD_G, UP_FOR_S, Aftermath, Bin
from detectors.fall.claim import Claim
from detectors.fall.posture import UPRIGHT_DEG, tilt_deg
from detectors.fall.stream import Moved, Stream
from detectors.finding import Finding

WATCHED_AGAIN_S = 1800.0


@dataclass(frozen=True, slots=True)
class Relapse:
    """What follows the aftermath of a fall, half a second at a time, until half an hour after it.

    Each stillness is told once, when it has lasted, and only of somebody who lies: whoever sat down
    after a fall is still for a quarter of a minute all the time. Once told, getting up is told,
    too. A stillness that the aftermath told of is the same one for as long as it is unbroken.
    """

    claim: Claim
    next: int
    """Index of the first sample of the next half second."""
    bins: int
    """Half seconds since the fall."""
    up: bool
    """The last that was told is that they are up."""
    still_bins: int = 0
    up_bins: int = 0
    told: bool = False
    """This stillness was told."""

    @classmethod
    def after_fall(cls, aftermath: Aftermath, cleared: Finding | None, end: int) -> Relapse:
        """Return what is watched when the aftermath is over, at sample `end` if `cleared`."""
        if cleared is not None:
            claim = replace(aftermath.claim, said_ns=cleared.decided_ns)
            return cls(claim, end, aftermath.bins + 1, up=True)
        return cls(
            aftermath.claim,
            aftermath.next,
            aftermath.bins,
            up=False,
            still_bins=aftermath.still_bins,
            told=aftermath.told > 0,
        )

    def moved_to(self, to: Moved) -> Relapse:
        """Return the same on the grid of another rate."""
        claim = self.claim.at_impact(to(self.claim.impact))
        return replace(self, claim=claim, next=to(self.next))

    def due(self, stream: Stream) -> int:
        """Return where the stream must end for the next half second to be judged."""
        return self.next + max(2, stream.samples(BIN_S))

    def after(self, stream: Stream, again_s: float) -> tuple[Relapse | None, Finding | None]:
        """Return what is known half a second later, and what is to be said. None: it is over."""
        if (self.bins + 1) * BIN_S > WATCHED_AGAIN_S:
            return None, None
        end = self.due(stream)
        part = Bin.of(stream, self.next, end, self.claim.impact)
        now = replace(self, next=end, bins=self.bins + 1)
        if part.spread_g != part.spread_g:  # a gap: neither still nor moving
            return replace(now, still_bins=0, up_bins=0, told=False), None
        tilted = tilt_deg(part.mean_g, self.claim.up)
        if part.spread_g <= STILL_SPREAD_G:
            return now._still(part, tilted, again_s)
        return now._moving(part, tilted)

    def _still(
        self, part: Bin, tilted: float | None, again_s: float
    ) -> tuple[Relapse, Finding | None]:
        now = replace(self, still_bins=self.still_bins + 1, up_bins=0)
        still_s = now.still_bins * BIN_S
        if self.told or still_s < again_s or (tilted is not None and tilted <= UPRIGHT_DEG):
            return now, None
        turned = "" if tilted is None else f", {tilted:.0f}° from upright"
        words = f"lies still again, for {still_s:.0f} s{turned}"
        claim, finding = part.says(self.claim, "update", words, tilted, {"still_s": still_s})
        return replace(now, claim=claim, told=True, up=False), finding

    def _moving(self, part: Bin, tilted: float | None) -> tuple[Relapse, Finding | None]:
        upright = tilted is not None and tilted <= UPRIGHT_DEG
        up_bins = self.up_bins + 1 if upright else 0
        now = replace(self, still_bins=0, told=False, up_bins=up_bins)
        if self.up or up_bins * BIN_S < UP_FOR_S:
            return now, None
        claim, finding = part.says(self.claim, "clear", "is up again and moving", tilted, {})
        return replace(now, claim=claim, up=True), finding
