"""Equipment that an accelerometer is screwed to: it hums, strokes, rattles, and is struck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.body.curve import Floats


@dataclass(frozen=True)
class Ringing:
    """A blow: the peak, how it points, and how it rings down."""

    at_s: float
    peak_g: float
    along: tuple[float, float, float] = (0.8, 0.6, 0.0)
    rings_hz: float = 9.0
    decays_s: float = 0.12

    def felt(self, t_s: Floats) -> Floats:
        """Return its part of the acceleration, (n, 3) in g."""
        since_s = t_s - self.at_s
        shape = np.where(
            since_s >= 0,
            np.exp(-np.maximum(since_s, 0) / self.decays_s)
            * np.cos(2 * np.pi * self.rings_hz * since_s),
            0.0,
        )
        found: Floats = self.peak_g * shape[:, None] * np.asarray(self.along)
        return found


@dataclass(frozen=True)
class Machine:
    """What a machine does by itself. `felt` promises the same for the same seed.

    All figures are chosen, not measured on a machine.
    """

    noise_g: float = 0.004
    hums_g: float = 0.0
    """Amplitude of its vibration while it runs."""
    runs_from_s: float = 0.0
    runs_until_s: float = float("inf")
    strokes_every_s: float | None = None
    stroke_g: float = 0.0
    rattles_an_s: float = 0.0
    """How often a truck goes over something, by chance."""
    rattle_g: float = 0.0

    def felt(
        self, duration_s: float, odr_hz: float, seed: int = 0, blows: Sequence[Ringing] = ()
    ) -> NDArray[np.float32]:
        """Return what the sensor measures, float32 (n, 3) in g: its z axis points up."""
        rng = np.random.default_rng([seed, 0x3AC])
        t_s = np.arange(round(duration_s * odr_hz)) / odr_hz
        accel = rng.normal(0, self.noise_g, (len(t_s), 3))
        accel[:, 2] += 1
        running = (t_s >= self.runs_from_s) & (t_s < self.runs_until_s)
        hum = rng.normal(0, self.hums_g / np.sqrt(2), accel.shape)
        accel += running[:, None] * hum
        for blow in (*self._own(duration_s, rng), *blows):
            accel += blow.felt(t_s)
        return accel.astype(np.float32)

    def _own(self, duration_s: float, rng: np.random.Generator) -> list[Ringing]:
        end_s = min(duration_s, self.runs_until_s)
        own: list[Ringing] = []
        if self.strokes_every_s:
            for at_s in np.arange(self.runs_from_s, end_s, self.strokes_every_s):
                peak_g = self.stroke_g * float(rng.uniform(0.8, 1.2))
                own.append(Ringing(float(at_s), peak_g, (0.0, 0.0, 1.0)))
        if self.rattles_an_s:
            count = rng.poisson(self.rattles_an_s * max(0.0, end_s - self.runs_from_s))
            for at_s in np.sort(rng.uniform(self.runs_from_s, end_s, count)):
                peak_g = self.rattle_g * float(rng.uniform(0.3, 1.0))
                own.append(Ringing(float(at_s), peak_g, (0.1, 0.2, 0.97)))
        return own
