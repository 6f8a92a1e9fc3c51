"""What a published rule is: the samples around an instant in, yes or no out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Site
from detectors.detector import Detector
from detectors.dsp.samples import accel_g, t_ns
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject

Samples = NDArray[np.float64]
REACH_S = 1.0
"""A peak is the greatest sample within this time to either side. The papers score one movement at a
time and so need not say what is one impact; in a stream somebody must."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The last samples, and how far they have been judged."""

    odr_hz: float = 0.0
    accel: Samples = field(default_factory=lambda: np.empty((0, 3)))
    """In g, (n, 3), after the rule's own filter."""
    time_ns: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    judged: int = 0
    """Every sample before this index has been judged."""
    quiet_until: int = 0
    memory: Any = None
    """What the rule's filter remembers."""

    def samples(self, seconds: float) -> int:
        """Return a duration as a count of samples."""
        return round(seconds * self.odr_hz)

    @property
    def magnitude(self) -> Samples:
        """The signal vector magnitude (n,), in g."""
        found: Samples = np.sqrt((self.accel * self.accel).sum(axis=1))
        return found

    def mean(self, at: int, from_s: float, to_s: float) -> Samples:
        """Return the mean acceleration (3,) from `from_s` to `to_s` after sample `at`.

        Near the beginning of a stream it is over what there is, at least one sample.
        """
        low = max(0, at + self.samples(from_s))
        high = max(low + 1, at + self.samples(to_s))
        found: Samples = self.accel[low:high].mean(axis=0)
        return found

    def peaks(self, magnitude: Samples, least_g: float, low: int, high: int) -> Iterator[int]:
        """Yield the peaks from index `low` to `high` that reach `least_g`."""
        reach = self.samples(REACH_S)
        for at in (np.flatnonzero(magnitude[low:high] >= least_g) + low).tolist():
            begin = max(0, at - reach)
            if begin + int(magnitude[begin : at + reach + 1].argmax()) == at:
                yield at


class Baseline(Detector):
    """A published rule.

    A subclass states formula and citation in its docstring. `from_memory` says that the formula has
    not been compared with the paper.
    """

    tells: ClassVar[frozenset[DetectionKind]] = frozenset({DetectionKind.FALL})
    title: ClassVar[str]
    citation: ClassVar[str]
    from_memory: ClassVar[bool] = True
    swept: ClassVar[tuple[str, tuple[float, ...]]]
    """The threshold that is moved for a curve, and its values. Where it is higher, the rule sees no
    fall that it does not see where it is lower."""
    back_s: ClassVar[float] = 0.0
    """How much before an instant the rule looks at, and how much after it."""
    ahead_s: ClassVar[float] = 0.0

    rest_s: float = Field(3.0, ge=0, description="After a fall, no second one for this long")

    def mounted(self, up: tuple[float, float, float]) -> Self:
        """Return the rule for a device that is worn this way up. Most do not ask."""
        return self

    @abstractmethod
    def falls(self, heard: Heard, low: int, high: int) -> Iterable[int]:
        """Yield the indices from `low` to `high` at which the rule sees a fall, in order."""

    def filtered(self, accel: Samples, odr_hz: float, memory: Any) -> tuple[Samples, Any]:
        """Return new samples (n, 3) as the rule sees them, and what its filter remembers."""
        return accel, memory

    def at(self, site: Site) -> BaselineFinder:
        """Return what runs by the rule."""
        return BaselineFinder(self)


class BaselineFinder(Finder[Baseline, Heard, ImuBlock]):
    """Judges the samples of one device by a published rule."""

    def start(self, subject: Subject) -> Heard:
        """Return a wearer of whom nothing is known."""
        return Heard()

    def step(self, state: Heard, message: ImuBlock) -> tuple[Heard, tuple[Finding, ...]]:
        """Judge every sample after which enough has been measured."""
        if state.odr_hz != message.odr_hz:
            state = Heard(message.odr_hz)
        new, memory = self.settings.filtered(
            accel_g(message).astype(np.float64), message.odr_hz, state.memory
        )
        heard = Heard(
            message.odr_hz,
            np.concatenate((state.accel, new)),
            np.concatenate((state.time_ns, t_ns(message))),
        )
        ahead = heard.samples(self.settings.ahead_s)
        low, high = state.judged, len(heard.accel) - ahead
        quiet_until, found = state.quiet_until, []
        if high > low:
            for at in self.settings.falls(heard, low, high):
                if at >= quiet_until:
                    found.append(self._finding(heard, at, at + ahead))
                    quiet_until = at + heard.samples(self.settings.rest_s)
        judged = max(low, high)
        gone = max(0, judged - heard.samples(self.settings.back_s + REACH_S))
        return Heard(
            heard.odr_hz,
            heard.accel[gone:],
            heard.time_ns[gone:],
            judged - gone,
            quiet_until - gone,
            memory,
        ), tuple(found)

    def _finding(self, heard: Heard, at: int, settled: int) -> Finding:
        onset_ns, decided_ns = int(heard.time_ns[at]), int(heard.time_ns[settled])
        return Finding(
            DetectionKind.FALL, "onset", onset_ns, decided_ns, 1.0, f"{self.settings.title} says so"
        )
