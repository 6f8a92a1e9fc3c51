"""What somebody does who is on the ground: lies still and breathes, or moves."""

from __future__ import annotations

import numpy as np

from simulators.body.curve import Floats, ease, times, wander
from simulators.body.movement import Build, Movement, Stance, resting_force


def lie_still(
    build: Build, stance: Stance, duration_s: float | None, rng: np.random.Generator
) -> Movement:
    """Lie still: nothing but breath, a degree of tilt and some thousandths of g."""
    t_s = times(duration_s or 20.0)
    breath = np.sin(2 * np.pi * rng.uniform(0.2, 0.3) * t_s)
    return _lying(stance, t_s, 0.008 * breath, 0.002 * breath, np.zeros_like(t_s)).named(
        "lie_still"
    )


def lie_moving(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    strength: float = 1.0,
) -> Movement:
    """Lie and move in bouts: turn a little, pull up a leg, feel about with the arms."""
    t_s = times(duration_s or 10.0)
    bouts = np.clip(wander(t_s, rng, 0.25), 0, None) * strength
    bouts = bouts * ease(t_s / 0.5) * ease((t_s[-1] - t_s) / 0.5)
    tilt = 0.09 * bouts * wander(t_s, rng, 0.5)
    jolt = 0.06 * bouts * wander(t_s, rng, 2.5)
    return _lying(stance, t_s, tilt, jolt, 0.4 * bouts * wander(t_s, rng, 0.8)).named("lie_moving")


def _lying(stance: Stance, t_s: Floats, tilt: Floats, jolt: Floats, arm: Floats) -> Movement:
    force_g = resting_force(len(t_s))
    force_g += jolt[:, None] * np.array([0.5, 0.4, 1.0])
    return Movement(
        pitch_rad=stance.pitch_rad + tilt,
        roll_rad=stance.roll_rad + 0.7 * tilt,
        force_g=force_g,
        arm_rad=stance.arm_rad + arm,
        end=stance,
    )
