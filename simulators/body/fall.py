"""Falls: each says how support is lost, which way the body turns, and how the ground takes it."""

from __future__ import annotations

import numpy as np

from simulators.body.descent import Catch, Descent
from simulators.body.landing import LYING_M, land
from simulators.body.movement import Build, Movement, Stance, joined
from simulators.body.stumble import stagger


def fall_forward(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    speed_m_s: float = 1.2,
    contact_s: float | None = None,
    caught: float | None = None,
    lying_deg: float | None = None,
) -> Movement:
    """Trip and fall on the front.

    `contact_s` is the time in which the ground stops the body, `caught` the share of the speed
    that knees and hands take, `lying_deg` how far the trunk is turned at the end.
    """
    descent = _from_standing(build, rng, caught)
    return land(
        *(build, stance, duration_s, rng, "fall_forward", descent),
        tilt=(
            _lying_rad(rng) if lying_deg is None else float(np.radians(lying_deg)),
            rng.normal(0, 0.15),
        ),
        speed_m_s=speed_m_s,
        contact_s=contact_s,
        reach_rad=rng.uniform(1.2, 2.2),
    )


def fall_backward(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    speed_m_s: float = 0.8,
    contact_s: float | None = None,
    caught: float | None = None,
) -> Movement:
    """Slip and fall on the back: the feet go, little is caught."""
    descent = _from_standing(build, rng, caught if caught is not None else rng.uniform(0.1, 0.5))
    return land(
        *(build, stance, duration_s, rng, "fall_backward", descent),
        tilt=(-_lying_rad(rng), rng.normal(0, 0.12)),
        speed_m_s=-speed_m_s,
        contact_s=contact_s,
        reach_rad=rng.uniform(-0.9, 0.6),
    )


def fall_sideways(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    contact_s: float | None = None,
    caught: float | None = None,
) -> Movement:
    """Fall on the side."""
    descent = _from_standing(build, rng, caught)
    side = rng.choice([-1.0, 1.0])
    return land(
        *(build, stance, duration_s, rng, "fall_sideways", descent),
        tilt=(rng.normal(0.1, 0.15), side * _lying_rad(rng)),
        speed_m_s=0.6,
        contact_s=contact_s,
        reach_rad=rng.uniform(0.3, 1.5),
    )


def collapse(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    contact_s: float | None = None,
) -> Movement:
    """Faint: the knees give slowly, the body sinks and rolls over. The mildest fall there is."""
    descent = Descent(
        drop_m=max(stance.hip_m - LYING_M, 0.2) * rng.uniform(0.5, 0.9),
        unsupported=rng.uniform(0.35, 0.7),
        loss_s=rng.uniform(0.6, 1.1),
        catches=_catches(rng, rng.uniform(0.4, 0.8)),
    )
    toward = rng.uniform(0, 2 * np.pi)
    lying = _lying_rad(rng)
    return land(
        *(build, stance, duration_s, rng, "collapse", descent),
        tilt=(lying * float(np.sign(np.cos(toward))), 0.5 * np.sin(toward)),
        speed_m_s=0.2,
        contact_s=contact_s or float(np.exp(rng.normal(np.log(0.065), 0.4))),
        reach_rad=0.2,
    )


def fall_from_height(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    height_m: float = 2.0,
    contact_s: float | None = None,
) -> Movement:
    """Fall off a ladder: free for `sqrt(2h/g)` seconds, then the ground takes `sqrt(2gh)`."""
    descent = Descent(drop_m=height_m, unsupported=1.0, loss_s=0.0)
    return land(
        *(build, stance, duration_s, rng, "fall_from_height", descent),
        tilt=(-_lying_rad(rng), rng.normal(0, 0.3)),
        speed_m_s=-0.4,
        contact_s=contact_s or rng.uniform(0.06, 0.13),
        reach_rad=rng.uniform(0.5, 2.0),
    )


def fall_after_recovery_attempt(
    build: Build,
    stance: Stance,
    duration_s: float | None,
    rng: np.random.Generator,
    *,
    contact_s: float | None = None,
) -> Movement:
    """Trip, stagger two or three steps, and fall after all, half caught."""
    stagger_s = rng.uniform(0.7, 1.2)
    staggered = stagger(build, stance, stagger_s, rng, lean_rad=rng.uniform(0.4, 0.7))
    descent = _from_standing(build, rng, rng.uniform(0.25, 0.5))
    landed = land(
        *(build, staggered.end, duration_s and max(duration_s - staggered.duration_s, 0.0), rng),
        *("fall_after_recovery_attempt", descent),
        tilt=(_lying_rad(rng), rng.normal(0, 0.5)),
        speed_m_s=1.4,
        contact_s=contact_s,
        reach_rad=rng.uniform(1.3, 2.2),
    )
    (landing,) = landed.happenings
    impact_s = staggered.duration_s + (landing.impact_s or 0.0)
    return joined((staggered, landed)).named(landing.kind, impact_s=impact_s)


def _lying_rad(rng: np.random.Generator) -> float:
    # SisFall: the trunk turns by 92° ± 12° between standing and lying.
    return float(np.clip(rng.normal(1.6, 0.17), 1.15, 1.95))


def _from_standing(build: Build, rng: np.random.Generator, caught: float | None) -> Descent:
    # Knees that buckle slowly take part of the way before support is lost.
    return Descent(
        drop_m=(build.hip_m - LYING_M) * rng.uniform(0.5, 0.95),
        unsupported=rng.uniform(0.5, 0.9),
        loss_s=rng.uniform(0.55, 1.15),
        catches=_catches(rng, caught),
    )


def _catches(rng: np.random.Generator, caught: float | None) -> tuple[Catch, ...]:
    """Return a knee, and a hand or an elbow after it, that take `caught` of the speed each."""
    share = rng.uniform(0.3, 0.7) if caught is None else caught
    knee = Catch(share, rng.uniform(0.12, 0.4), rng.uniform(0.04, 0.1))
    hand = Catch(share * rng.uniform(0.4, 1.0), rng.uniform(0.5, 0.8), rng.uniform(0.04, 0.1))
    return knee, hand
