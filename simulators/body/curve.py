"""Curves that bodies follow: smooth transitions, contacts with the ground, slow wandering."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FINE_HZ = 400.0
"""Rate of the model inside: a contact of 20 ms still has eight samples."""
GRAVITY_M_S2 = 9.80665


def times(duration_s: float) -> Floats:
    """Return the instants of a movement that lasts `duration_s`, from 0 on."""
    return np.arange(max(1, round(duration_s * FINE_HZ))) / FINE_HZ


def ease(u: Floats) -> Floats:
    """Return a minimum-jerk step: 0 up to u = 0, 1 from u = 1 on (Flash & Hogan 1985)."""
    u = np.clip(u, 0.0, 1.0)
    return np.asarray(u**3 * (10.0 + u * (6.0 * u - 15.0)))


def through(t_s: Floats, knots: Sequence[tuple[float, float]]) -> Floats:
    """Return a curve that eases from knot to knot, each `(time_s, value)`, at rest in each."""
    value = np.full_like(t_s, knots[0][1])
    for (from_s, before), (to_s, after) in pairwise(knots):
        value += (after - before) * ease((t_s - from_s) / max(to_s - from_s, 1e-9))
    return value


def envelope(t_s: Floats, rise_s: float = 0.5, fall_s: float = 0.4) -> Floats:
    """Return how much of a rhythm is there: it starts and stops gently."""
    left_s = t_s[-1] - t_s
    return ease(t_s / rise_s) * ease(left_s / fall_s)


def second_derivative(position: Floats) -> Floats:
    """Return the second time derivative of a smooth track along its first axis."""
    if len(position) < 3:
        return np.zeros_like(position)
    velocity = np.gradient(position, 1.0 / FINE_HZ, axis=0)
    return np.asarray(np.gradient(velocity, 1.0 / FINE_HZ, axis=0))


def blow(t_s: Floats, at_s: float, contact_s: float) -> Floats:
    """Return a half-sine contact that starts at `at_s`, with area 1: velocity lost a second."""
    u = (t_s - at_s) / contact_s
    pulse = np.where((u >= 0) & (u <= 1), np.sin(np.pi * np.clip(u, 0, 1)), 0.0)
    total = pulse.sum() / FINE_HZ
    return pulse / total if total > 0 else pulse


def ring(t_s: Floats, at_s: float, hz: float, decay_s: float) -> Floats:
    """Return a damped oscillation of amplitude about 1 that starts at `at_s`."""
    since_s = t_s - at_s
    after = since_s >= 0
    since_s = np.where(after, since_s, 0.0)
    return np.where(after, np.exp(-since_s / decay_s) * np.sin(2 * np.pi * hz * since_s), 0.0)


def wander(t_s: Floats, rng: np.random.Generator, hz: float = 0.3) -> Floats:
    """Return a smooth random curve of standard deviation about 1 and frequencies about `hz`."""
    waves = 4
    frequency = hz * rng.uniform(0.4, 1.8, waves)
    phase = rng.uniform(0, 2 * np.pi, waves)
    summed = np.sin(2 * np.pi * frequency[:, None] * t_s + phase[:, None]).sum(axis=0)
    return np.asarray(summed / np.sqrt(waves / 2))
