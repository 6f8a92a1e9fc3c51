"""Sucerquia's C8: how much the horizontal acceleration varies."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field

from simulators.accuracy.baselines.baseline import Baseline, Heard, Samples

WINDOW_S = 1.0
CORNER_HZ = 5.0
ORDER = 4
HIGHEST_CORNER = 0.45
"""Of the rate: beyond that there is nothing left to take away."""


class SucerquiaC8(Baseline):
    """The horizontal acceleration of the last second varies more than a threshold.

    After a Butterworth low-pass filter of order 4 at 5 Hz, C8 = sqrt(σx² + σz²), the standard
    deviations over a second of the two axes that are horizontal when upright (y is vertical).

    The horizontal plane here is what is orthogonal to the device's vertical, as for `Kangas1`: for
    SisFall's belt that is x and z. The threshold of 0.585 g was fitted on SisFall by this project,
    not by the paper, so that row flatters it.

    References
    ----------
    Sucerquia A., López J.D., Vargas-Bonilla J.F., "SisFall: A Fall and Movement Dataset", Sensors
    17 (2017) 198. From memory, not checked against the paper.
    """

    kind: ClassVar[str] = "sucerquia-c8"
    title: ClassVar[str] = "Sucerquia 2017, C8"
    citation: ClassVar[str] = "Sucerquia et al., Sensors 17 (2017) 198"
    swept: ClassVar[tuple[str, tuple[float, ...]]] = (
        "spread_g",
        (0.3, 0.4, 0.5, 0.585, 0.65, 0.75, 0.9, 1.1),
    )
    back_s: ClassVar[float] = WINDOW_S

    spread_g: float = Field(0.585, gt=0, description="Least horizontal standard deviation")
    up: tuple[float, float, float] = Field((0, 1, 0), description="The device's vertical axis")

    def mounted(self, up: tuple[float, float, float]) -> Self:
        """Return the rule for a device that is worn this way up."""
        return self.model_copy(update={"up": up})

    def filtered(self, accel: Samples, odr_hz: float, memory: Any) -> tuple[Samples, Any]:
        """Return the samples without what is faster than 5 Hz."""
        return low_passed(accel, odr_hz, memory)

    def falls(self, heard: Heard, low: int, high: int) -> Iterable[int]:
        """Yield every sample at which the last second varied too much."""
        window = heard.samples(WINDOW_S)
        begin = max(0, low - window + 1)
        accel = heard.accel[begin:high]
        if len(accel) < window:
            return []
        columns = np.column_stack((accel, accel @ np.asarray(self.up)))
        variances = _means(columns**2, window) - _means(columns, window) ** 2
        horizontal = variances[:, :3].sum(axis=1) - variances[:, 3]
        over = horizontal > self.spread_g**2
        found: list[int] = (np.flatnonzero(over) + begin + window - 1).tolist()
        return found


def low_passed(accel: Samples, odr_hz: float, memory: Any) -> tuple[Samples, Any]:
    """Return samples (n, axes) filtered, and what the filter remembers after them.

    Without a memory the filter has been at rest at the first sample for ever.
    """
    from scipy.signal import sosfilt, sosfilt_zi  # 80 MB, which no other rule needs

    sections = _sections(odr_hz)
    if memory is None:
        memory = sosfilt_zi(sections)[:, :, np.newaxis] * accel[0]
    out, after = sosfilt(sections, accel, axis=0, zi=memory)
    return out, after


@lru_cache(maxsize=16)
def _sections(odr_hz: float) -> Samples:
    from scipy.signal import butter

    corner_hz = min(CORNER_HZ, HIGHEST_CORNER * odr_hz)
    found: Samples = butter(ORDER, corner_hz, fs=odr_hz, output="sos")
    return found


def _means(columns: Samples, window: int) -> Samples:
    """Return the mean of every run of `window` rows."""
    sums = np.cumsum(np.vstack((np.zeros(columns.shape[1]), columns)), axis=0)
    found: Samples = (sums[window:] - sums[:-window]) / window
    return found
