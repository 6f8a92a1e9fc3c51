"""A landing: the ground takes the speed that is left, and the body comes to rest, lying.

The blow's area is the speed at impact, so a higher fall hits harder by itself.
"""

from __future__ import annotations

import numpy as np

from simulators.body.curve import (
    FINE_HZ,
    GRAVITY_M_S2,
    Floats,
    blow,
    ease,
    ring,
    second_derivative,
    through,
    times,
    wander,
)
from simulators.body.descent import Descent
from simulators.body.movement import Build, Movement, Stance, resting_force

LYING_M = 0.12
"""Hip height of somebody who lies on the ground."""
FLAIL_G = 0.2
"""Somebody who falls is no rod: arms and legs that flail jerk the hip about."""
BELT = 0.2
"""Share of a blow with which flesh and belt go on swinging after it."""


def land(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    kind: str,
    descent: Descent,
    *,
    tilt: tuple[float, float],
    speed_m_s: float,
    contact_s: float | None,
    reach_rad: float,
) -> Movement:
    """Return a fall: the drop, the blow, what rings after it, and the body come to rest.

    Parameters
    ----------
    kind
        What the fall is called in the truth.
    tilt
        Pitch and roll in which the body lies afterwards, in radians.
    speed_m_s
        Along the floor at the impact, positive to the front.
    contact_s
        Time in which the ground stops the body; drawn when None.
    reach_rad
        Where the arms are when the body lands.
    """
    support_g, impact_s, left_m_s = descent.fall()
    t_s = times(max(duration_s or 0.0, impact_s + 1.2))
    count = len(support_g)
    force_g = resting_force(len(t_s))
    force_g[:count, 2] = support_g
    contact_s = contact_s or float(np.exp(rng.normal(np.log(0.052), 0.42)))
    # The body bounces a little: thrown up, in the air again for a moment, stopped again.
    thrown = rng.uniform(0.1, 0.35)
    aloft_s = 2 * thrown * left_m_s / (0.7 * GRAVITY_M_S2)
    again_s = impact_s + contact_s + aloft_s
    # Bones stop at once, flesh a little later.
    flesh = rng.uniform(0.15, 0.45)
    lost = blow(t_s, impact_s, contact_s) * (1 + thrown - flesh) * left_m_s
    lost += blow(t_s, impact_s, rng.uniform(0.08, 0.14)) * flesh * left_m_s
    lost += blow(t_s, again_s, 1.5 * contact_s) * thrown * left_m_s
    aloft = (t_s >= impact_s + contact_s) & (t_s < again_s)
    force_g[aloft, 2] -= 0.7
    down_g = lost / GRAVITY_M_S2
    peak_g = float(down_g.max())
    force_g[:, 2] += down_g
    # What the floor takes from the sliding body, and the blow that does not pass straight through.
    front, side = rng.normal(0, 0.3), rng.normal(0, 0.25)
    slide = blow(t_s, impact_s, 0.12) * speed_m_s / GRAVITY_M_S2
    force_g[:, 0] += front * down_g - slide
    force_g[:, 1] += side * down_g
    if descent.loss_s > 0:
        # A body that topples stiffly swings about its feet, so the hip is pulled back inwards.
        swing = _swing(support_g, build.hip_m) * rng.uniform(0.5, 1.2)
        for axis in range(3):
            force_g[:count, axis] += (
                FLAIL_G * wander(t_s[:count], rng, 4.0) * ease(t_s[:count] / descent.loss_s)
            )
        across = abs(tilt[1]) > abs(tilt[0])
        force_g[:count, 1 if across else 0] += (
            swing * (-1 if across else 1) * np.sign(tilt[1] if across else tilt[0])
        )
    # The stumble or slip itself: feet stop or go, the hip is jerked.
    jerk = 0.45 * build.vigour * float(np.sign(speed_m_s))
    if descent.loss_s > 0:
        force_g[:, 0] -= jerk * np.sin(np.pi * np.clip(t_s / 0.14, 0, 1))
    for axis in range(3):
        tremor = ring(t_s, impact_s + contact_s, rng.uniform(9, 18), rng.uniform(0.04, 0.09))
        force_g[:, axis] += rng.normal(0, BELT) * peak_g * tremor

    pitch = _toppled(t_s, impact_s, stance.pitch_rad, tilt[0])
    roll = _toppled(t_s, impact_s, stance.roll_rad, tilt[1])
    arm_end = float(rng.uniform(-0.3, 2.6))
    arm = through(
        t_s,
        [(0.0, stance.arm_rad), (max(0.8 * impact_s, 0.05), reach_rad),
         (impact_s + 0.1, reach_rad), (impact_s + 0.8, arm_end)],
    )  # fmt: skip
    hand_g = np.zeros_like(force_g)
    hand_at_s = impact_s - rng.uniform(0.0, 0.06)
    slap = blow(t_s, hand_at_s, 0.03) * rng.uniform(0.4, 1.0) * left_m_s / GRAVITY_M_S2
    hand_g[:, 2] += slap
    hand_g[:, 0] += rng.normal(0, 0.5) * slap
    end = Stance(float(tilt[0]), float(tilt[1]), LYING_M, arm_end)
    return Movement(pitch, roll, force_g, arm, end, hand_g).named(kind, impact_s=impact_s)


def _swing(support_g: Floats, hip_m: float) -> Floats:
    """Return the force along the floor (g) on the hip of a rod that topples about its feet."""
    speed = np.cumsum((1.0 - support_g) * GRAVITY_M_S2) / FINE_HZ
    height_m = np.clip(hip_m - np.cumsum(speed) / FINE_HZ, 0.0, hip_m)
    way_m = np.sqrt(hip_m**2 - height_m**2)
    return np.clip(second_derivative(way_m) / GRAVITY_M_S2, -1.5, 1.5)


def _toppled(t_s: Floats, impact_s: float, before: float, after: float) -> Floats:
    """Return a tilt that grows ever faster up to the impact, as a toppling rod, then settles."""
    mostly = before + 0.8 * (after - before)
    going = before + (mostly - before) * np.clip(t_s / impact_s, 0, 1) ** 2.5
    return np.asarray(going + (after - mostly) * ease((t_s - 0.9 * impact_s) / 0.3))
