"""Changing posture: standing about, sitting down, getting up, bending to lift, jumping."""

from __future__ import annotations

import numpy as np

from simulators.body.curve import (
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
from simulators.body.movement import Build, Movement, Stance, resting_force

SEAT_M = 0.48
"""Hip height on a chair."""


def stand(
    build: Build, stance: Stance, duration_s: float | None, rng: np.random.Generator
) -> Movement:
    """Stand and work with the hands: postural sway, now and then a shift of weight."""
    t_s = times(duration_s or 5.0)
    settle = ease(t_s / 0.8)
    there = ease(t_s / 0.5) * ease((t_s[-1] - t_s) / 0.5)
    pitch = stance.pitch_rad * (1 - settle) + there * 0.025 * wander(t_s, rng, 0.2)
    roll = stance.roll_rad * (1 - settle) + there * 0.025 * wander(t_s, rng, 0.15)
    force_g = resting_force(len(t_s))
    force_g += (there * 0.008)[:, None] * np.stack([wander(t_s, rng, 1.2) for _ in range(3)], 1)
    arm = stance.arm_rad + there * (0.25 + 0.2 * wander(t_s, rng, 0.5))
    end = Stance(float(pitch[-1]), float(roll[-1]), build.hip_m, float(arm[-1]))
    return Movement(pitch, roll, force_g, arm, end).named("stand")


def sit_down(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    move_s: float = 1.6,
) -> Movement:
    """Sit down on a chair in `move_s`, hard when that is short, and stay seated."""
    t_s = times(max(duration_s or move_s + 1.5, move_s + 0.6))
    # A quick sitter lets go for the last stretch: the chair takes what speed is left.
    dropped_m = 0.10 * float(np.clip(1.3 - move_s, 0.0, 0.8)) * build.vigour
    hip = through(t_s, [(0.0, stance.hip_m), (move_s, SEAT_M + dropped_m)])
    force_g = resting_force(len(t_s))
    force_g[:, 2] += second_derivative(hip) / GRAVITY_M_S2
    drop_s = float(np.sqrt(2 * dropped_m / (0.75 * GRAVITY_M_S2)))
    speed_m_s = 0.75 * GRAVITY_M_S2 * drop_s
    falling = (t_s >= move_s) & (t_s < move_s + drop_s)
    force_g[falling, 2] -= 0.75
    contact_s = rng.uniform(0.06, 0.12)
    stop = blow(t_s, move_s + drop_s, contact_s) * (speed_m_s + 0.1) / GRAVITY_M_S2
    force_g[:, 2] += stop
    force_g[:, 0] += 0.3 * stop
    back = rng.normal(-0.12, 0.16)
    bent = 0.55 * rng.uniform(0.7, 1.3)
    pitch = through(
        t_s, [(0, stance.pitch_rad), (0.6 * move_s, bent), (move_s + drop_s + 0.5, back)]
    )
    roll = stance.roll_rad * (1 - ease(t_s / move_s))
    arm = through(t_s, [(0, stance.arm_rad), (move_s, 0.7)])
    end = Stance(float(back), 0.0, SEAT_M, 0.7)
    return Movement(pitch, roll, force_g, arm, end).named("sit_down", impact_s=move_s + drop_s)


def get_up(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    move_s: float = 1.7,
) -> Movement:
    """Get up from a chair: lean forward, push, straighten."""
    t_s = times(max(duration_s or move_s + 0.5, move_s + 0.3))
    bent = 0.65 * rng.uniform(0.8, 1.2)
    return _raise(build, stance, t_s, [(0.45 * move_s, bent), (move_s, 0.0)], move_s).named(
        "get_up"
    )


def get_up_from_floor(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    move_s: float = 4.0,
) -> Movement:
    """Get up off the ground: onto hands and knees, one foot, up."""
    t_s = times(max(duration_s or move_s + 0.5, move_s + 0.3))
    knots = [(0.35 * move_s, 1.15), (0.7 * move_s, 0.6 * rng.uniform(0.8, 1.2)), (move_s, 0.0)]
    moved = _raise(build, stance, t_s, knots, move_s)
    push = 0.35 * build.vigour * ring(t_s, 0.72 * move_s, 3.0, 0.12)
    moved.force_g[:, 2] += push
    return moved.named("get_up_from_floor")


def _raise(
    build: Build,
    stance: Stance,
    t_s: Floats,
    pitches: list[tuple[float, float]],
    move_s: float,
) -> Movement:
    hip = through(t_s, [(0.3 * move_s, stance.hip_m), (move_s, build.hip_m)])
    force_g = resting_force(len(t_s))
    force_g[:, 2] += second_derivative(hip) / GRAVITY_M_S2
    pitch = through(t_s, [(0.0, stance.pitch_rad), *pitches])
    roll = stance.roll_rad * (1 - ease(t_s / (0.4 * move_s)))
    arm = through(t_s, [(0.0, stance.arm_rad), (0.5 * move_s, 0.9), (move_s, 0.05)])
    return Movement(pitch, roll, force_g, arm, Stance(0.0, 0.0, build.hip_m, 0.05))


def bend_and_lift(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    bend_rad: float = 0.9,
    load_kg: float = 8.0,
) -> Movement:
    """Bend down, take hold of a load, lift it: a dip, a hold, a tug."""
    total_s = max(duration_s or 4.5, 3.0)
    t_s = times(total_s)
    down_s, hold_s, up_s = 0.3 * total_s, 0.45 * total_s, 0.85 * total_s
    low = build.hip_m - rng.uniform(0.2, 0.4)
    hip = through(t_s, [(0, stance.hip_m), (down_s, low), (hold_s, low), (up_s, build.hip_m)])
    bent = bend_rad * rng.uniform(0.75, 1.25)
    pitch = through(t_s, [(0, stance.pitch_rad), (down_s, bent), (hold_s, bent), (up_s, 0.0)])
    force_g = resting_force(len(t_s))
    force_g[:, 2] += second_derivative(hip) / GRAVITY_M_S2
    tug = ring(t_s, hold_s, 5.0, 0.10) * 0.012 * load_kg
    force_g[:, 2] -= tug
    arm = through(
        t_s, [(0, stance.arm_rad), (down_s, 0.9), (hold_s, 0.9), (up_s, 0.5), (total_s, 0.1)]
    )
    hand_g = np.zeros_like(force_g)
    hand_g[:, 2] += 3 * tug
    roll = stance.roll_rad * (1 - ease(t_s / down_s)) + 0.03 * np.sin(np.pi * t_s / total_s)
    end = Stance(0.0, float(roll[-1]), build.hip_m, 0.1)
    return Movement(pitch, roll, force_g, arm, end, hand_g).named("bend_and_lift")


def jump(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    height_m: float = 0.14,
) -> Movement:
    """Jump up and land on the feet: crouch, push, flight of `2·sqrt(2h/g)`, landing."""
    take_off_m_s = float(np.sqrt(2 * GRAVITY_M_S2 * height_m))
    flight_s = 2 * take_off_m_s / GRAVITY_M_S2
    crouch_s, push_s = 0.45, float(rng.uniform(0.16, 0.24))
    leave_s = crouch_s + push_s
    land_s = leave_s + flight_s
    t_s = times(max(duration_s or 0.0, land_s + 1.2))
    force_g = resting_force(len(t_s))
    sunk = 0.35 * np.where(t_s < crouch_s, np.sin(2 * np.pi * t_s / crouch_s), 0.0)
    force_g[:, 2] -= sunk
    force_g[:, 2] += blow(t_s, crouch_s, push_s) * take_off_m_s / GRAVITY_M_S2
    force_g[(t_s >= leave_s) & (t_s < land_s)] *= 0.06
    first = rng.uniform(0.6, 0.9)
    contact_s = rng.uniform(0.05, 0.1)
    landing = blow(t_s, land_s, contact_s) * first * take_off_m_s
    landing += blow(t_s, land_s + 0.03, 0.25) * (1 - first) * take_off_m_s
    landing /= GRAVITY_M_S2
    force_g[:, 2] += landing + 0.2 * ring(t_s, land_s + contact_s, 9.0, 0.08)
    force_g[:, 0] -= 0.25 * landing
    lean = 0.18 * rng.uniform(0.6, 1.4)
    pitch = through(
        t_s,
        [(0, stance.pitch_rad), (crouch_s, lean), (leave_s, 0.0), (land_s, 0.05),
         (land_s + 0.2, 0.8 * lean), (land_s + 0.9, 0.0)],
    )  # fmt: skip
    roll = stance.roll_rad * (1 - ease(t_s / crouch_s))
    arm = through(
        t_s, [(0, stance.arm_rad), (crouch_s, -0.4), (leave_s, 1.2), (land_s + 0.6, 0.05)]
    )
    end = Stance(0.0, 0.0, build.hip_m, 0.05)
    return Movement(pitch, roll, force_g, arm, end).named("jump", impact_s=land_s)
