"""A stumble: a foot catches, the trunk pitches, quick hard steps bring the feet under it."""

from __future__ import annotations

import numpy as np

from simulators.body.curve import FINE_HZ, GRAVITY_M_S2, blow, ease, through, times
from simulators.body.movement import Build, Movement, Stance, joined, resting_force


def stumble(
    build: Build, stance: Stance, duration_s: float | None, rng: np.random.Generator
) -> Movement:
    """Trip and recover: the trunk pitches, quick hard steps catch it, it straightens."""
    steps_s = rng.uniform(0.8, 1.2)
    moved = stagger(build, stance, steps_s, rng, lean_rad=rng.uniform(0.2, 0.4), hard=1.7)
    t_s = times(max((duration_s or 0.0) - moved.duration_s, 1.0))
    upright = ease(t_s / 0.8)
    pitch = moved.end.pitch_rad * (1 - upright)
    arm = moved.end.arm_rad + (0.05 - moved.end.arm_rad) * upright
    rest = Movement(
        *(pitch, np.zeros_like(t_s), resting_force(len(t_s)), arm),
        end=Stance(0.0, 0.0, build.hip_m, 0.05),
    )
    hardest = int(np.linalg.norm(moved.force_g, axis=1).argmax())
    return joined((moved, rest)).named("stumble", impact_s=hardest / FINE_HZ)


def stagger(
    build: Build,
    stance: Stance,
    duration_s: float,
    rng: np.random.Generator,
    *,
    lean_rad: float,
    hard: float = 1.0,
) -> Movement:
    """Return a trip and the quick steps that try to bring the feet under the body again."""
    t_s = times(duration_s)
    force_g = resting_force(len(t_s))
    force_g[:, 0] -= 0.7 * build.vigour * np.sin(np.pi * np.clip(t_s / 0.12, 0, 1))
    at_s, drop_s = 0.10, float(rng.uniform(0.18, 0.28))
    while at_s + drop_s + 0.25 < duration_s:
        light = rng.uniform(0.6, 0.9)
        sagging = (t_s >= at_s) & (t_s < at_s + drop_s)
        u = np.where(sagging, (t_s - at_s) / drop_s, 0.0)
        sag_g = light * np.sin(np.pi * np.clip(u, 0, 1) ** 0.7)
        force_g[:, 2] -= sag_g
        speed_m_s = float(sag_g.sum()) / FINE_HZ * GRAVITY_M_S2
        # A hard step throws the body up; it comes down again before the next one.
        pause_s = rng.uniform(0.12, 0.2)
        surplus = (hard * build.vigour - 1) * speed_m_s
        force_g[:, 2] -= blow(t_s, at_s + drop_s + 0.04, pause_s) * surplus / GRAVITY_M_S2
        speed_m_s *= hard * build.vigour
        landing = blow(t_s, at_s + drop_s, rng.uniform(0.035, 0.06)) * 0.62 * speed_m_s
        landing += blow(t_s, at_s + drop_s, 0.14) * 0.38 * speed_m_s
        landing /= GRAVITY_M_S2
        force_g[:, 2] += landing
        force_g[:, 0] -= 0.4 * landing
        force_g[:, 1] += rng.normal(0, 0.25) * landing
        at_s += drop_s + pause_s
        drop_s = float(rng.uniform(0.12, 0.2))
        hard *= 0.7
    pitch = through(t_s, [(0.0, stance.pitch_rad), (min(0.4, 0.5 * duration_s), lean_rad)])
    arm = through(t_s, [(0.0, stance.arm_rad), (0.3, 1.2), (duration_s, 0.9)])
    roll = stance.roll_rad * (1 - ease(t_s / 0.4))
    end = Stance(float(pitch[-1]), float(roll[-1]), build.hip_m, float(arm[-1]))
    return Movement(pitch, roll, force_g, arm, end)
