"""What a machine usually feels: short and long averages of its energy, and its usual shocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from detectors.dsp.bins import Bin

SLICES = 20
"""A second is looked at in so many slices, of 50 ms; a shock fills one or two."""
SHORT = 1 / 2
LONG = 1 / (30 * SLICES)
"""Weights of the newest slice in the short average, of 0.1 s, and in the long one, of 30 s."""
FLOOR_G = 0.004
"""Noise of a sensor at rest; without a floor the ratio to silence would be anything."""
REST_S = 10
"""How fast the direction of gravity is followed."""
WINDOW_S = 10
WINDOWS_KEPT = 60
LEARNT_WINDOWS = 6
SHARE = 0.9
"""One impact in ten minutes must teach nothing, a stroke each minute must be learnt."""
FORGOTTEN = 0.5 ** (WINDOW_S / 86_400)
"""A truck that stands over night still knows in the morning how the floor feels."""

Vector = tuple[float, float, float]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slice:
    """50 ms: what remains of the acceleration without gravity."""

    at_ns: int
    energy_g2: float
    peak_g: float


@dataclass(frozen=True, slots=True)
class Level:
    """The averages after the last slice.

    A press strikes once a cycle and a truck rattles over each joint. So a shock is compared with
    the usual one: of the highest peaks of each ten seconds in the last ten minutes, the one that
    nine in ten do not exceed. What was learnt is forgotten by half in a day.
    """

    rest_g: Vector
    seconds: int = 1
    short_g2: float = FLOOR_G**2
    long_g2: float = FLOOR_G**2
    peaks_g: tuple[float, ...] = ()
    """The highest peak of each window, the newest last."""
    peak_g: float = 0.0
    """The highest of the window that is not over."""
    usual_g: float | None = None
    """The usual shock, or None while it has not been learnt for a minute."""

    @classmethod
    def begun(cls, part: Bin) -> Level:
        """Return what a first second says; nothing is judged in it."""
        energy_g2 = max(FLOOR_G**2, part.spread_g**2)
        return cls(part.mean_g, short_g2=energy_g2, long_g2=energy_g2)

    @property
    def ratio(self) -> float:
        """Short over long average of the energy (STA/LTA)."""
        return self.short_g2 / self.long_g2

    def slices(self, part: Bin) -> tuple[Slice, ...]:
        """Return a second in slices."""
        dynamic = part.accel - np.asarray(self.rest_g)
        squared: Floats = np.einsum("ij,ij->i", dynamic, dynamic)
        starts = np.unique(np.arange(SLICES) * part.count // SLICES)
        counts = np.diff(starts, append=part.count)
        energies = (np.add.reduceat(squared, starts) / counts).tolist()
        peaks = np.sqrt(np.maximum.reduceat(squared, starts)).tolist()
        return tuple(
            Slice(part.at_ns(start), energy, peak)
            for start, energy, peak in zip(starts.tolist(), energies, peaks, strict=True)
        )

    def after(self, part: Slice, *, held: bool) -> Level:
        """Return the averages after a slice; the long one is held while a shock is looked at."""
        short_g2 = self.short_g2 + SHORT * (part.energy_g2 - self.short_g2)
        long_g2 = self.long_g2
        if not held:
            long_g2 = max(FLOOR_G**2, long_g2 + LONG * (part.energy_g2 - long_g2))
        peak_g = max(self.peak_g, part.peak_g)
        return replace(self, short_g2=short_g2, long_g2=long_g2, peak_g=peak_g)

    def second(self, part: Bin) -> Level:
        """Return the level when a second is over."""
        follow = 1 / min(REST_S, self.seconds + 1)
        x, y, z = (a + follow * (b - a) for a, b in zip(self.rest_g, part.mean_g, strict=True))
        now = replace(self, rest_g=(x, y, z), seconds=self.seconds + 1)
        if now.seconds % WINDOW_S:
            return now
        peaks_g = (*self.peaks_g, self.peak_g)[-WINDOWS_KEPT:]
        usual_g = None
        if len(peaks_g) >= LEARNT_WINDOWS:
            lately_g = sorted(peaks_g)[int(SHARE * (len(peaks_g) - 1))]
            usual_g = max(lately_g, (self.usual_g or 0.0) * FORGOTTEN)
        return replace(now, peaks_g=peaks_g, peak_g=0.0, usual_g=usual_g)
