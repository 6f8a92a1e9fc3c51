"""Somebody whom one camera follows: who they were taken for, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot
from typing import NamedTuple

from contract.instants import seconds
from contract.polygon import Point
from contract.tracks import Seen
from detectors.vision.sighting import Sighting

SMOOTHED = 0.3
"""The weight of a new sighting in velocity and height."""
MOVED_HEIGHTS = 0.25


class Sure(NamedTuple):
    """The confidence that somebody must have been seen with once."""

    moving: float
    at_rest: float


@dataclass(frozen=True, slots=True)
class Person:
    """One person, out of as many pieces of track as it took."""

    number: int
    track: str
    """The piece that they are followed by now: boot/number."""
    seen: Seen
    last: Sighting
    first_ns: int
    looks: int = 1
    best: float = 0.0
    """The highest confidence that any sighting had."""
    velocity_px_s: Point = (0.0, 0.0)
    height_px: float = 1.0
    first_px: Point = (0.0, 0.0)
    roamed_heights: float = 0.0
    """How far from where they were first seen they have been, in their own heights."""

    @classmethod
    def begun(cls, number: int, track: str, seen: Seen, at: Sighting) -> Person:
        """Return somebody who is seen for the first time."""
        return cls(
            number,
            track,
            seen,
            at,
            at.t_ns,
            best=at.confidence,
            height_px=at.height_px,
            first_px=at.foot_px,
        )

    def after(self, track: str, at: Sighting) -> Person:
        """Return the same person after another sighting, under whatever number."""
        dt_s = seconds(at.t_ns - self.last.t_ns)
        if dt_s <= 0:
            return replace(self, track=track)
        speed = tuple(
            (1 - SMOOTHED) * was + SMOOTHED * (new - old) / dt_s
            for was, new, old in zip(self.velocity_px_s, at.foot_px, self.last.foot_px, strict=True)
        )
        return replace(
            self,
            track=track,
            last=at,
            looks=self.looks + 1,
            best=max(self.best, at.confidence),
            velocity_px_s=(speed[0], speed[1]),
            height_px=(1 - SMOOTHED) * self.height_px + SMOOTHED * at.height_px,
            roamed_heights=max(self.roamed_heights, at.away(self.first_px) / self.height_px),
        )

    def believed(self, sure: Sure) -> bool:
        """Whether it is somebody: what never moves is furniture until it looks like a person."""
        moves = self.roamed_heights >= MOVED_HEIGHTS
        return self.best >= (sure.moving if moves else sure.at_rest)

    def held(self, t_ns: int) -> Person:
        """Return the person at a later instant up to which nothing in the picture moved."""
        if t_ns <= self.last.t_ns:
            return self
        at = self.last._replace(t_ns=t_ns)
        return replace(self, last=at, velocity_px_s=(0.0, 0.0))

    def unseen_s(self, t_ns: int) -> float:
        """Return for how long nothing has been seen of them."""
        return seconds(t_ns - self.last.t_ns)

    def distance(self, at: Sighting) -> float:
        """Return how far from where they are expected, in their own heights.

        Whoever is lost goes on for a moment and then, for all one knows, stands still.
        """
        ahead_s = min(self.unseen_s(at.t_ns), 0.5)
        x = self.last.foot_px[0] + self.velocity_px_s[0] * ahead_s
        y = self.last.foot_px[1] + self.velocity_px_s[1] * ahead_s
        size = max(self.height_px, at.height_px)
        return hypot(at.foot_px[0] - x, at.foot_px[1] - y) / size
