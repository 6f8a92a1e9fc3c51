"""What an activity does to a body: tilt of the trunk, force on it, swing of the arm, the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulators.body.curve import FINE_HZ, Floats

FALLS = frozenset(
    {
        "fall_forward",
        "fall_backward",
        "fall_sideways",
        "collapse",
        "fall_from_height",
        "fall_after_recovery_attempt",
    }
)
"""Kinds of happening after which somebody lies on the ground."""


@dataclass(frozen=True)
class Build:
    """A person: what is long, and how briskly they move."""

    hip_m: float = 0.93
    arm_m: float = 0.60
    vigour: float = 1.0

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Build:
        """Return an adult picked at random."""
        size = float(np.clip(rng.normal(1.0, 0.06), 0.85, 1.15))
        vigour = float(np.clip(rng.normal(1.0, 0.17), 0.65, 1.5))
        return cls(hip_m=0.93 * size, arm_m=0.60 * size, vigour=vigour)


@dataclass(frozen=True)
class Stance:
    """How a body rests between two activities.

    Pitch is positive leaning forward, roll to the right. The arm's angle is measured from hanging
    along the trunk, positive to the front.
    """

    pitch_rad: float = 0.0
    roll_rad: float = 0.0
    hip_m: float = 0.93
    arm_rad: float = 0.05


@dataclass(frozen=True)
class Happening:
    """The truth: what was done from when to when, in seconds from the start of the motion."""

    kind: str
    onset_s: float
    impact_s: float | None
    end_s: float

    @property
    def is_fall(self) -> bool:
        """Whether it leaves somebody on the ground."""
        return self.kind in FALLS

    def later(self, by_s: float) -> Happening:
        """Return the same happening, `by_s` later."""
        impact_s = None if self.impact_s is None else self.impact_s + by_s
        return replace(
            self, onset_s=self.onset_s + by_s, impact_s=impact_s, end_s=self.end_s + by_s
        )


@dataclass(frozen=True, eq=False)
class Movement:
    """Tracks at `FINE_HZ`. `force_g` is the specific force on the hip in the walker's own frame.

    Its axes are front, left and up, whatever the trunk's tilt; at rest it is (0, 0, 1).
    `hand_g` is what the hand alone feels on top of that: its own contact with ground or load.
    """

    pitch_rad: Floats
    roll_rad: Floats
    force_g: Floats
    arm_rad: Floats
    end: Stance
    hand_g: Floats | None = None
    happenings: tuple[Happening, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.pitch_rad)

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self) / FINE_HZ

    def named(self, kind: str, onset_s: float = 0.0, impact_s: float | None = None) -> Movement:
        """Return the movement with its truth: this happened, up to its end."""
        return replace(self, happenings=(Happening(kind, onset_s, impact_s, self.duration_s),))


def resting_force(count: int) -> Floats:
    """Return the force on a body that nothing moves: gravity's reaction."""
    force_g = np.zeros((count, 3))
    force_g[:, 2] = 1.0
    return force_g


def joined(movements: Sequence[Movement]) -> Movement:
    """Return movements one after the other."""
    happenings: list[Happening] = []
    at_s = 0.0
    for movement in movements:
        happenings += (happening.later(at_s) for happening in movement.happenings)
        at_s += movement.duration_s
    hands = [np.zeros_like(m.force_g) if m.hand_g is None else m.hand_g for m in movements]
    return Movement(
        pitch_rad=np.concatenate([m.pitch_rad for m in movements]),
        roll_rad=np.concatenate([m.roll_rad for m in movements]),
        force_g=np.concatenate([m.force_g for m in movements]),
        arm_rad=np.concatenate([m.arm_rad for m in movements]),
        end=movements[-1].end,
        hand_g=np.concatenate(hands),
        happenings=tuple(happenings),
    )
