"""Going: walking, stairs, ladder, jogging, crawling. A rhythm of steps, and the heels that land."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulators.body.curve import Floats, ease, envelope, times, wander
from simulators.body.movement import Build, Movement, Stance, resting_force

HEEL_HZ = 16.0
"""A heel strike reaches the hip as a damped oscillation of about this frequency."""
HEEL_DECAY_S = 0.035


def walk(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    cadence_hz: float = 1.75,
) -> Movement:
    """Walk on the level. Forces grow steeply with the cadence, as in recordings."""
    # Fitted to SisFall D01 (1.5 steps/s, SVM std 0.17 g) and D02 (1.95 steps/s, 0.34 g).
    effort = build.vigour * (cadence_hz / 1.5) ** 2.4
    return _steps(
        *(build, stance, duration_s or 5.0, rng, cadence_hz),
        bounce_g=0.20 * effort * (cadence_hz / 1.5) ** 0.8,
        heel_g=0.56 * effort / (cadence_hz / 1.5) ** 1.5,
        sway_g=0.14 * effort**0.5,
        lean_rad=0.04,
        swing_rad=0.35 * effort**0.5,
    ).named("walk")


def climb_stairs(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    cadence_hz: float = 1.2,
) -> Movement:
    """Climb stairs: slower than walking, leaning forward, one arm at the rail."""
    effort = build.vigour * (cadence_hz / 1.2) ** 2
    return _steps(
        *(build, stance, duration_s or 6.0, rng, cadence_hz),
        bounce_g=0.20 * effort,
        heel_g=0.65 * effort,
        sway_g=0.13,
        lean_rad=0.16,
        swing_rad=0.12,
    ).named("climb_stairs")


def climb_ladder(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    cadence_hz: float = 0.8,
) -> Movement:
    """Climb a ladder: one rung a step, the trunk sways from side to side, hands reach up."""
    return _steps(
        *(build, stance, duration_s or 6.0, rng, cadence_hz),
        bounce_g=0.09 * build.vigour,
        heel_g=0.12 * build.vigour,
        sway_g=0.08,
        lean_rad=0.10,
        swing_rad=0.45,
        roll_rad=0.09,
        arm_rad=2.3,
    ).named("climb_ladder")


def crawl(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    cadence_hz: float = 0.9,
) -> Movement:
    """Crawl on hands and knees."""
    moved = _steps(
        *(build, stance, duration_s or 6.0, rng, cadence_hz),
        bounce_g=0.06 * build.vigour,
        heel_g=0.15 * build.vigour,
        sway_g=0.08,
        lean_rad=1.25,
        swing_rad=0.3,
        roll_rad=0.16,
        arm_rad=1.3,
    )
    return moved.named("crawl")


def jog(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    cadence_hz: float = 2.65,
) -> Movement:
    """Jog: each step has a flight, in which almost nothing acts on the body."""
    t_s = times(duration_s or 5.0)
    step, since_s, phase = _rhythm(t_s, rng, cadence_hz)
    contact = float(np.clip(0.80 - 0.1 * (cadence_hz - 2.0) * build.vigour, 0.55, 0.85))
    count = int(step[-1]) + 2
    peak_g = rng.normal(1.0, 0.06, count)[step]
    landed = np.clip(phase / contact, 0, 1)
    # A half-sine a step whose mean is 1 g: the body neither rises nor sinks for good.
    vertical = peak_g * np.pi / (2 * contact) * np.sin(np.pi * landed) - 1.0
    heel_g = 2.9 * build.vigour * (cadence_hz / 2.5) ** 3 * rng.gamma(6, 1 / 6, count)[step]
    heel = heel_g * np.exp(-since_s / 0.03) * np.sin(2 * np.pi * HEEL_HZ * since_s)
    there = envelope(t_s, 0.6, 0.6)
    force_g = resting_force(len(t_s))
    force_g[:, 2] += there * (vertical + heel)
    force_g[:, 0] += there * (0.2 * np.cos(2 * np.pi * phase + 0.3) - 0.5 * heel)
    force_g[:, 1] += there * (0.25 * np.sin(np.pi * (phase + step)) + 0.35 * heel)
    pitch = stance.pitch_rad + (0.12 - stance.pitch_rad) * ease(t_s / 0.6)
    roll = stance.roll_rad * (1 - ease(t_s / 0.6)) + there * 0.05 * np.sin(np.pi * (phase + step))
    swing = stance.arm_rad + there * (0.9 + 0.45 * np.sin(np.pi * (phase + step)))
    end = Stance(float(pitch[-1]), 0.0, build.hip_m, float(swing[-1]))
    return Movement(pitch, roll, force_g, swing, end).named("jog")


def _rhythm(
    t_s: Floats, rng: np.random.Generator, cadence_hz: float
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return for each instant the number of the step, the time since it landed, its phase 0–1."""
    frequency = cadence_hz * (1 + 0.025 * wander(t_s, rng, 0.4))
    turns = np.cumsum(frequency) * (t_s[1] - t_s[0] if len(t_s) > 1 else 0.0)
    step = np.floor(turns).astype(np.int64)
    phase: Floats = np.mod(turns, 1.0)
    since_s: Floats = phase / frequency
    return step, since_s, phase


def _steps(
    build: Build,
    stance: Stance,
    duration_s: float,
    rng: np.random.Generator,
    cadence_hz: float,
    *,
    bounce_g: float,
    heel_g: float,
    sway_g: float,
    lean_rad: float,
    swing_rad: float,
    roll_rad: float = 0.03,
    arm_rad: float = 0.08,
) -> Movement:
    t_s = times(duration_s)
    step, since_s, phase = _rhythm(t_s, rng, cadence_hz)
    count = int(step[-1]) + 2
    # People limp a little: left and right differ, and no two steps are alike.
    limp = 1 + 0.12 * rng.standard_normal() * np.where(np.arange(count) % 2, 1, -1)
    strength = (limp * np.clip(rng.normal(1, 0.12, count), 0.5, 1.6))[step]
    there = envelope(t_s)
    turn = 2 * np.pi * phase
    stride = np.pi * (phase + step)
    heel = (
        heel_g * strength * np.exp(-since_s / HEEL_DECAY_S) * np.sin(2 * np.pi * HEEL_HZ * since_s)
    )
    shape, askew = rng.uniform(0.2, 0.5), rng.uniform(-0.7, 0.7)
    force_g = resting_force(len(t_s))
    force_g[:, 2] += there * (
        bounce_g * strength * (np.cos(turn - 0.5) + shape * np.cos(2 * turn - 1.0 + askew)) + heel
    )
    force_g[:, 0] += there * (0.6 * bounce_g * np.sin(turn + 0.4) - 0.7 * heel)
    force_g[:, 1] += there * (sway_g * np.sin(stride) + 0.4 * heel * np.where(step % 2, 1.0, -1.0))
    settle = ease(t_s / 0.8)
    pitch = stance.pitch_rad + (lean_rad - stance.pitch_rad) * settle
    pitch = pitch + there * (0.02 * np.cos(turn) + 0.02 * wander(t_s, rng, 0.2))
    roll = stance.roll_rad * (1 - settle) + there * roll_rad * np.sin(stride)
    arm = stance.arm_rad + (arm_rad - stance.arm_rad) * settle
    arm = arm + there * swing_rad * np.sin(stride + 0.2)
    end = Stance(float(pitch[-1]), float(roll[-1]), build.hip_m, float(arm[-1]))
    return Movement(pitch, roll, force_g, arm, end)
