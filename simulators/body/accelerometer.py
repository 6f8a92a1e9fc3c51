"""A worn accelerometer: where it sits, how it is turned, and how it spoils what it measures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.site import Worn
from simulators.body.curve import FINE_HZ, GRAVITY_M_S2, Floats, second_derivative
from simulators.body.movement import Build, Movement
from simulators.errors import ScriptError

SLOWEST_HZ, FASTEST_HZ = 20.0, 200.0
SHOULDER = 0.65
"""Share of the trunk's jolts that comes through the shoulder to the hand."""


@dataclass(frozen=True, eq=False)
class Accelerometer:
    """A sensor on the trunk or the arm. `measure` promises g, clipped and on the sensor's grid."""

    odr_hz: float = 50.0
    worn: Worn = "trunk"
    range_g: float = 16.0
    step_g: float = 1 / 2048
    noise_g: float = 0.006
    bias_g: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mounting: Floats = field(default_factory=lambda: np.eye(3))
    """Turns front, left, up of the trunk (or hand) into the sensor's x, y, z."""

    def __post_init__(self) -> None:
        if not SLOWEST_HZ <= self.odr_hz <= FASTEST_HZ:
            raise ScriptError(
                f"odr_hz is {self.odr_hz:g}; the body is simulated for "
                f"{SLOWEST_HZ:g} to {FASTEST_HZ:g} Hz"
            )

    @classmethod
    def drawn(
        cls,
        rng: np.random.Generator,
        odr_hz: float = 50.0,
        worn: Worn = "trunk",
        range_g: float = 16.0,
        step_g: float = 1 / 2048,
    ) -> Accelerometer:
        """Return a sensor as people put it on: any way round, some degrees askew, a small bias."""
        quarter = rng.integers(0, 4) * np.pi / 2
        upside_down = np.pi * rng.integers(0, 2)
        askew = np.radians(rng.normal(0, 6, 3))
        mounting = _about(2, quarter) @ _about(0, upside_down)
        for axis in range(3):
            mounting = mounting @ _about(axis, askew[axis])
        x, y, z = rng.normal(0, 0.02, 3)
        return cls(
            *(odr_hz, worn, range_g, step_g),
            bias_g=(float(x), float(y), float(z)),
            mounting=mounting,
        )

    def measure(
        self, movement: Movement, build: Build, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return what it reads during a movement: float32 (n, 3) in g, n = duration × odr."""
        return self.spoil(self.feel(movement, build), rng)

    def feel(self, movement: Movement, build: Build) -> Floats:
        """Return the true specific force where it sits, at its rate, before mounting and noise."""
        own = on_trunk(movement) if self.worn == "trunk" else on_wrist(movement, build)
        return resampled(own, self.odr_hz)

    def spoil(self, felt_g: Floats, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return what is read of a true force: turned, biased, noisy, clipped and rounded."""
        seen = felt_g @ self.mounting.T + np.asarray(self.bias_g)
        seen += self.noise_g * rng.standard_normal(seen.shape, dtype=np.float32)
        top = min(self.range_g, 32767 * self.step_g)
        rounded: Floats = np.round(np.clip(seen, -top, top) / self.step_g) * self.step_g
        return rounded.astype(np.float32)


def on_trunk(movement: Movement) -> Floats:
    """Return the force in the trunk's own axes: front, left, along the spine."""
    return turned_into(movement.force_g, movement.pitch_rad, movement.roll_rad)


def on_wrist(movement: Movement, build: Build) -> Floats:
    """Return the force in the forearm's axes: the trunk's, and that of the swinging arm."""
    pitch = movement.pitch_rad - movement.arm_rad
    upward = np.stack([np.sin(pitch), np.zeros_like(pitch), np.cos(pitch)], axis=1)
    hand = -build.arm_m * upward
    still_g = np.array([0.0, 0.0, 1.0])
    force_g = still_g + SHOULDER * (movement.force_g - still_g)
    force_g += second_derivative(hand) / GRAVITY_M_S2
    own = turned_into(force_g, pitch, movement.roll_rad)
    return own if movement.hand_g is None else own + movement.hand_g


def turned_into(force_g: Floats, pitch_rad: Floats, roll_rad: Floats) -> Floats:
    """Return a force of the walker's frame in axes pitched forward, then rolled."""
    cp, sp, cr, sr = np.cos(pitch_rad), np.sin(pitch_rad), np.cos(roll_rad), np.sin(roll_rad)
    front, left, up = force_g[:, 0], force_g[:, 1], force_g[:, 2]
    along = cp * front - sp * up
    rest = sp * front + cp * up
    return np.stack([along, cr * left + sr * rest, cr * rest - sr * left], axis=1)


def resampled(signal: Floats, odr_hz: float) -> Floats:
    """Return a fine signal at `odr_hz`, smoothed as the sensor's own filter does first."""
    # A Gaussian that is 3 dB down at 0.4 of the output data rate.
    width = 0.33 * FINE_HZ / odr_hz
    reach = max(1, int(np.ceil(3 * width)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel /= kernel.sum()
    count = max(1, round(len(signal) / FINE_HZ * odr_hz))
    fine_s = np.arange(len(signal)) / FINE_HZ
    at_s = np.arange(count) / odr_hz
    padded = np.pad(signal, ((reach, reach), (0, 0)), mode="edge")
    axes = [np.convolve(padded[:, axis], kernel, mode="valid") for axis in range(signal.shape[1])]
    return np.stack([np.interp(at_s, fine_s, axis) for axis in axes], axis=1)


def _about(axis: int, angle_rad: float) -> Floats:
    turn = np.eye(3)
    i, j = [k for k in range(3) if k != axis]
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    turn[[i, i, j, j], [i, j, i, j]] = [c, -s, s, c]
    return turn
