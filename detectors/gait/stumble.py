"""A near miss: somebody who walks is jolted, stays upright, and walks on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Site
from detectors.detector import Detector
from detectors.dsp.bins import Bin, Binned
from detectors.dsp.samples import magnitude_g
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject

SLICES_A_SECOND = 4
BEFORE, AFTER = 16, 12
"""Slices of a quarter of a second around the one that is judged: 4 s of walking, then 3 s."""
LEAD, TAIL = 2, 4
"""The stumble's own slices, before and after the judged one, teach nothing about walking."""
USUAL_RANK = 3
"""The third highest peak before it is the usual step: one hard step more is no stumble."""


class Slice(NamedTuple):
    """A quarter of a second: what is left of it in any orientation of the device."""

    at_ns: int
    mean_g: tuple[float, float, float]
    energy_g2: float
    """Mean square of the magnitude without gravity."""
    peak_g: float


@dataclass(frozen=True, slots=True)
class StumbleState:
    """The last seven seconds of one worn device."""

    equipment: bool = False
    binned: Binned = field(default_factory=Binned)
    slices: tuple[Slice, ...] = ()
    rest: int = 0
    """Slices for which it is still the same stumble."""


class StumbleDetector(Detector):
    """A jolt in the middle of walking, after which the wearer walks on.

    A quarter of a second is a stumble when its highest magnitude reaches `jolt_g` and lies `over`
    times as far above 1 g as the usual step of the four seconds before, when the wearer walked
    before and after (median energy from `walking_from_g2` to `walking_to_g2`), and when the trunk
    is as upright after as it was before. Decided three seconds later. For counting, not for paging.

    Examples
    --------
    >>> from simulators.examples import moved, told
    >>> told("stumble", moved(("walk", 8), "stumble", ("walk", 8)))
    ['onset stumble SEV4']

    Notes
    -----
    An own design. Its thresholds were chosen on half of SisFall's people, whose stumbles are acted;
    the figures in docs/detectors.md give the other half apart. Real stumbles were not at hand.
    """

    kind: ClassVar[str] = "stumble"
    tells: ClassVar = frozenset({DetectionKind.STUMBLE})

    jolt_g: float = Field(2.5, gt=1, le=16, description="Least signal vector magnitude of a jolt")
    over: float = Field(3.0, gt=1, le=20, description="Times the usual step, both without gravity")
    walking_from_g2: float = Field(0.01, gt=0, description="Less energy than this is standing")
    walking_to_g2: float = Field(0.2, gt=0, description="More energy than this is running")
    upright_cos: float = Field(
        0.85, gt=0, le=1, description="Cosine of the most that the trunk may have tilted"
    )
    rest_s: float = Field(5.0, ge=1, le=60, description="For so long it is the same stumble")

    def at(self, site: Site) -> StumbleFinder:
        """Return what runs with these settings."""
        return StumbleFinder(self)


class StumbleFinder(Finder[StumbleDetector, StumbleState, ImuBlock]):
    """Judges each quarter of a second of one worn device, three seconds later."""

    def start(self, subject: Subject) -> StumbleState:
        """Return a wearer of whom nothing is known; equipment is left alone."""
        return StumbleState(equipment=subject.wearer is None)

    def step(
        self, state: StumbleState, message: ImuBlock
    ) -> tuple[StumbleState, tuple[Finding, ...]]:
        """Judge each quarter of a second when the three seconds after it are known."""
        if state.equipment:
            return state, ()
        if message.worn is False:
            return StumbleState(), ()
        found: list[Finding] = []
        binned, bins = state.binned.add(message)
        slices, rest = state.slices, state.rest
        for part in bins:
            if part.gap_s > 0:
                slices, rest = (), 0
            for piece in _slices(part):
                slices = (*slices, piece)[-(BEFORE + 1 + AFTER) :]
                rest = max(0, rest - 1)
                if len(slices) <= BEFORE + AFTER or rest:
                    continue
                finding = self._judge(slices)
                if finding is not None:
                    found.append(finding)
                    rest = round(self.settings.rest_s * SLICES_A_SECOND)
        return replace(state, binned=binned, slices=slices, rest=rest), tuple(found)

    def _judge(self, slices: Sequence[Slice]) -> Finding | None:
        jolt = slices[BEFORE]
        if jolt.peak_g < self.settings.jolt_g:
            return None
        before, after = slices[: BEFORE - LEAD], slices[BEFORE + TAIL :]
        usual_g = sorted(part.peak_g for part in before)[-USUAL_RANK]
        if jolt.peak_g - 1 < self.settings.over * (usual_g - 1):
            return None
        walked_g2, walks_g2 = (median(s.energy_g2 for s in part) for part in (before, after))
        least_g2, most_g2 = self.settings.walking_from_g2, self.settings.walking_to_g2
        walked = least_g2 <= walked_g2 <= most_g2
        if not walked or not least_g2 / 2 <= walks_g2 <= most_g2:
            return None
        cos = _cosine(_mean(before), _mean(after))
        if cos < self.settings.upright_cos:
            return None
        times = (jolt.peak_g - 1) / max(0.01, usual_g - 1)
        return Finding(
            kind=DetectionKind.STUMBLE,
            phase="onset",
            onset_ns=jolt.at_ns,
            decided_ns=max(jolt.at_ns, slices[-1].at_ns),  # the clock may have been set back
            confidence=0.6,
            reason=f"a jolt of {jolt.peak_g:.1f} g while walking, {times:.0f} times the usual step",
            evidence={"peak_g": round(jolt.peak_g, 2), "usual_step_g": round(usual_g, 2)},
        )


def _slices(part: Bin) -> Iterator[Slice]:
    starts = np.arange(SLICES_A_SECOND) * part.count // SLICES_A_SECOND
    counts = np.diff(starts, append=part.count)
    magnitude = magnitude_g(part.accel).astype(np.float64)
    energies = np.add.reduceat((magnitude - 1) ** 2, starts) / counts
    peaks = np.maximum.reduceat(magnitude, starts)
    means = np.add.reduceat(part.accel.astype(np.float64), starts, axis=0) / counts[:, None]
    for start, (x, y, z), energy, peak in zip(
        starts.tolist(), means.tolist(), energies.tolist(), peaks.tolist(), strict=True
    ):
        yield Slice(part.at_ns(start), (x, y, z), energy, peak)


def _mean(slices: Sequence[Slice]) -> tuple[float, float, float]:
    x, y, z = (sum(axis) / len(slices) for axis in zip(*(s.mean_g for s in slices), strict=True))
    return x, y, z


def _cosine(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / max(1e-9, math.hypot(*a) * math.hypot(*b))
