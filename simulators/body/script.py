"""A script: what a body does, one thing after the other, and the motion that a sensor reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.suggestion import did_you_mean
from simulators.body import fall, gait, lying, posture, stumble
from simulators.body.accelerometer import Accelerometer
from simulators.body.movement import Build, Happening, Movement, Stance, joined
from simulators.errors import ScriptError

ACTIVITIES: Mapping[str, Callable[..., Movement]] = {
    activity.__name__: activity
    for activity in (
        posture.stand,
        posture.sit_down,
        posture.get_up,
        posture.get_up_from_floor,
        posture.bend_and_lift,
        posture.jump,
        gait.walk,
        gait.climb_stairs,
        gait.climb_ladder,
        gait.jog,
        gait.crawl,
        lying.lie_still,
        lying.lie_moving,
        stumble.stumble,
        fall.fall_forward,
        fall.fall_backward,
        fall.fall_sideways,
        fall.collapse,
        fall.fall_from_height,
        fall.fall_after_recovery_attempt,
    )
}
"""All that a body can do, by name."""


@dataclass(frozen=True)
class Step:
    """One activity. Without a duration it takes as long as it takes; falls may take longer."""

    activity: str
    duration_s: float | None = None
    settings: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.activity not in ACTIVITIES:
            suggestion = did_you_mean(self.activity, ACTIVITIES)
            raise ScriptError(f'there is no activity "{self.activity}"{suggestion}')
        if self.duration_s is not None and not 0 < self.duration_s <= 86_400:
            raise ScriptError(f"{self.activity}: a duration of {self.duration_s} s")
        known = [
            name
            for name, parameter in inspect.signature(ACTIVITIES[self.activity]).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        for name in self.settings:
            if name not in known:
                raise ScriptError(
                    f'"{self.activity}" has no setting "{name}"{did_you_mean(name, known)}'
                )


@dataclass(frozen=True, eq=False)
class Motion:
    """What a sensor read, and the truth about it."""

    odr_hz: float
    accel_g: NDArray[np.float32]
    truth: tuple[Happening, ...]

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self.accel_g) / self.odr_hz

    @property
    def falls(self) -> tuple[Happening, ...]:
        """The falls among what happened."""
        return tuple(happening for happening in self.truth if happening.is_fall)


@dataclass(frozen=True)
class Script:
    """A sequence of activities. The same script, sensor and seed give the same motion.

    >>> script = Script((Step("walk", 4.0), Step("fall_forward"), Step("lie_still", 5.0)))
    >>> motion = script.motion(seed=7)
    >>> [happening.kind for happening in motion.falls]
    ['fall_forward']
    """

    steps: tuple[Step, ...]

    def movement(
        self, build: Build, rng: np.random.Generator, start: Stance | None = None
    ) -> Movement:
        """Return the body's own movement."""
        if not self.steps:
            raise ScriptError("a script needs at least one step")
        stance = start or Stance(hip_m=build.hip_m)
        parts: list[Movement] = []
        for step in self.steps:
            act = ACTIVITIES[step.activity]
            parts.append(act(build, stance, step.duration_s, rng, **step.settings))
            stance = parts[-1].end
        return joined(parts)

    def motion(
        self,
        sensor: Accelerometer | None = None,
        seed: int = 0,
        build: Build | None = None,
    ) -> Motion:
        """Return what a sensor reads. Without one, a belt sensor at 50 Hz is drawn by the seed."""
        rng = np.random.default_rng(seed)
        build = build or Build.drawn(rng)
        sensor = sensor or Accelerometer.drawn(rng)
        movement = self.movement(build, rng)
        accel_g = sensor.measure(movement, build, rng)
        return Motion(sensor.odr_hz, accel_g, movement.happenings)
