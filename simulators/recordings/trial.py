"""A trial: one person doing one thing with one sensor, as somebody recorded it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.site import Worn


@dataclass(frozen=True, eq=False)
class Trial:
    """Acceleration of one trial and what is known about it. Times are from its first sample."""

    set: str
    """The data set's name: `sisfall`, `wedafall` …"""
    subject: str
    activity: str
    trial: int
    odr_hz: float
    """Measured output data rate of this trial."""
    accel_g: NDArray[np.float32] = field(repr=False)
    """Specific force, float32 (n, 3)."""
    is_fall: bool
    peak_s: float
    """When the magnitude is greatest: for a fall, the impact."""
    onset_s: float | None = None
    """When the fall began, where somebody annotated it."""
    end_s: float | None = None
    range_g: float | None = None
    worn: Worn = "trunk"
    position: str = ""
    """Where on the body, in the set's own words."""
    step_g: float | None = None
    """What one count of the sensor stands for, where it is known."""

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self.accel_g) / self.odr_hz

    @property
    def name(self) -> str:
        """All of its identity in one string."""
        return f"{self.set}/{self.subject}/{self.activity}/{self.trial}"


@dataclass(frozen=True)
class Wanted:
    """Which trials are wanted. None stands for any; names are compared without regard to case."""

    subjects: frozenset[str] | None = None
    activities: frozenset[str] | None = None
    trials: frozenset[int] | None = None

    def takes(self, subject: str, activity: str, trial: int) -> bool:
        """Whether a trial is one of them."""
        return (
            (self.subjects is None or subject.casefold() in self.subjects)
            and (self.activities is None or activity.casefold() in self.activities)
            and (self.trials is None or trial in self.trials)
        )


Reader = Callable[..., Iterator[Trial]]


def peak_s(accel_g: NDArray[np.float32], odr_hz: float) -> float:
    """Return when the magnitude is greatest."""
    return float(np.linalg.norm(accel_g, axis=1).argmax()) / odr_hz
