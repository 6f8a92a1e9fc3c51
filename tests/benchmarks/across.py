"""The trigger on all devices at once: arrays over devices instead of objects a device.

It is how far numpy goes when every device sends the same second in step at one rate, nothing is
late and nothing is lost. Real devices do none of that, which is why the pipeline does not.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import numpy.typing as npt

from detectors.dsp.samples import FloatArray, magnitude_g
from detectors.fall.model import CONTEXT_S, STAGES, FallModel
from detectors.fall.trigger import DOMINANT_S, TRIGGER_G, peaks

Counts = npt.NDArray[np.int16]

KEPT_S = 9
"""Seconds of all devices: what the second look needs, in whole blocks."""


class AcrossDevices:
    """A second of `(devices, samples, 3)` in, the number of falls out."""

    def __init__(self, odr_hz: float, scale_g: float, model: FallModel) -> None:
        self._odr_hz = odr_hz
        self._scale_g = scale_g
        self._model = model
        self._seconds: deque[Counts] = deque(maxlen=KEPT_S)
        self._loud: deque[npt.NDArray[np.bool_]] = deque(maxlen=KEPT_S)
        self.looks = 0

    def add(self, counts: Counts) -> int:
        """Take one second of all devices; return how many looks found a fall."""
        values = counts.astype(np.float32)
        np.multiply(values, values, out=values)
        squares = values[..., 0] + values[..., 1] + values[..., 2]
        level = (TRIGGER_G / self._scale_g) ** 2
        self._seconds.append(counts)
        self._loud.append(squares.max(axis=1) >= level)
        if len(self._seconds) < KEPT_S:
            return 0
        # The second at `looked` has all that it needs around it.
        looked = math.ceil(CONTEXT_S)
        found = 0
        for device in np.flatnonzero(self._loud[looked]).tolist():
            found += self._look(device, looked)
        return found

    def _look(self, device: int, looked: int) -> int:
        held = np.concatenate([second[device] for second in self._seconds])
        accel: FloatArray = held * np.float32(self._scale_g)
        size = len(accel) // KEPT_S
        at = peaks(magnitude_g(accel), self._odr_hz, TRIGGER_G, DOMINANT_S)
        found = 0
        for peak in at[(at >= looked * size) & (at < (looked + 1) * size)].tolist():
            self.looks += len(STAGES)
            found += any(
                self._model.score(accel, self._odr_hz, peak, stage) >= 0.5 for stage in STAGES
            )
        return found
