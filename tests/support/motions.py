"""Accelerations written down part by part, so that a test says exactly what the body did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from contract.imu import ImuBlock

T0_NS = 1_700_000_000_000_000_000
SCALE_G = 1 / 2048

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]

UP: Vector = (0.0, 0.0, 1.0)
SIDE: Vector = (0.0, 1.0, 0.0)


@dataclass(frozen=True)
class Part:
    """Some seconds of one thing: along which axis, and how hard, at each moment since it began."""

    seconds: float
    along: Vector
    force_g: Callable[[Floats], Floats]


def still(seconds: float, along: Vector = UP) -> Part:
    """Stand or lie; breath moves the device by some thousandths of g."""
    return Part(seconds, along, lambda t: 1 + 0.005 * np.sin(2 * np.pi * 0.25 * t))


def restless(seconds: float, along: Vector = UP) -> Part:
    """Move, without a jolt."""
    return Part(seconds, along, lambda t: 1 + 0.2 * np.sin(2 * np.pi * 1.7 * t))


def jog(seconds: float) -> Part:
    """Land hard 2.6 times a second, harder than an impact needs, and stay upright."""
    return Part(seconds, UP, lambda t: np.maximum(0.3, 2.6 * np.sin(2 * np.pi * 2.6 * t)))


def drop(seconds: float) -> Part:
    """Fall freely."""
    return Part(seconds, UP, lambda t: np.full_like(t, 0.1))


def blow(peak_g: float, seconds: float = 0.16, along: Vector = UP) -> Part:
    """Be stopped by the ground."""
    return Part(seconds, along, lambda t: peak_g * np.sin(np.pi * t / seconds))


def fall(peak_g: float = 5.0, free_s: float = 0.3, lying_s: float = 6.0) -> tuple[Part, ...]:
    """Lose the ground, hit it, lie on the side."""
    return drop(free_s), blow(peak_g), restless(0.6, SIDE), still(lying_s, SIDE)


def jump() -> tuple[Part, ...]:
    """Jump and land on the feet."""
    return blow(1.8, 0.2), drop(0.35), blow(4.5), restless(1.5)


def sampled(parts: Iterable[Part], odr_hz: float = 50.0) -> Floats:
    """Return the samples of parts one after the other, shape (n, 3), in g."""
    parts = tuple(parts)
    ends = np.cumsum([part.seconds for part in parts])
    t = np.arange(round(float(ends[-1]) * odr_hz)) / odr_hz
    accel = np.zeros((len(t), 3))
    begin = 0.0
    for part, end in zip(parts, ends, strict=True):
        inside = (t >= begin - 1e-9) & (t < end - 1e-9)
        accel[inside] = part.force_g(t[inside] - begin)[:, None] * np.asarray(part.along)
        begin = float(end)
    return accel


ROTATIONS = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.01)
"""Quaternions that are long enough to be made of length one."""


def turned(accel: Floats, rotation: tuple[float, float, float, float]) -> Floats:
    """Return what a device feels that is turned by a quaternion, of any length but 0."""
    w, x, y, z = np.asarray(rotation) / np.linalg.norm(rotation)
    matrix = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    found: Floats = accel @ matrix.T
    return found


def duration_s(parts: Iterable[Part]) -> float:
    """Return how long parts last."""
    return sum(part.seconds for part in parts)


def blocks(
    accel: Floats,
    odr_hz: float = 50.0,
    *,
    size: int | None = None,
    device: str = "belt-keller",
    boot: int = 1,
    seq: int = 0,
    t0_ns: int = T0_NS,
    range_g: float = 16.0,
) -> list[ImuBlock]:
    """Return samples as a device sends them: clipped, rounded, a second a block."""
    size = size or round(odr_hz)
    steps = np.clip(accel, -range_g, range_g) / SCALE_G
    raw = np.clip(np.rint(steps), -32768, 32767).astype("<i2")
    return [
        ImuBlock(
            device=device,
            boot=boot,
            seq=seq + number,
            t0_ns=t0_ns + round(start * 1e9 / odr_hz),
            odr_hz=odr_hz,
            accel_i16=raw[start : start + size].tobytes(),
            scale_g=SCALE_G,
            range_g=range_g,
        )
        for number, start in enumerate(range(0, len(raw), size))
    ]


def worn_by(device: str, parts: Sequence[Part], *, t0_ns: int = T0_NS) -> list[ImuBlock]:
    """Return what a device at 50 Hz sends of these parts."""
    return blocks(sampled(parts), device=device, t0_ns=t0_ns)
