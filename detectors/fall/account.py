"""What is said of a blow that was taken for a fall: its numbers, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from detectors.dsp.samples import FloatArray
from detectors.fall.candidate import Candidate
from detectors.fall.height import FreeFall, free_fall
from detectors.fall.posture import Vector, lying, tilt_deg
from detectors.fall.stream import Stream

POSTURE_S = 0.4
"""How long posture is averaged, up to the sample that settled it."""
TOLD_FREE_FALL_S = 0.2
"""A shorter one is that of a stride or of somebody who sits down."""
TOLD_MISSING_S = 0.05
OTHER_POSTURE_DEG = 20.0
"""Somebody who lies is not still to the degree: less than this is the same posture."""


class Account(NamedTuple):
    """One look at a candidate."""

    candidate: Candidate
    dip: FreeFall
    tilt_deg: float | None
    """How far the body has turned, by the end of what was looked at."""

    @classmethod
    def of(cls, stream: Stream, candidate: Candidate, end: int, up: Vector | None) -> Account:
        """Return what can be said of a candidate, looked at up to sample `end` of the stream."""
        before: FloatArray = candidate.accel[: candidate.peak]
        posture = lying(stream, end - stream.samples(POSTURE_S), end)
        return cls(candidate, free_fall(before, candidate.odr_hz), tilt_deg(posture, up))

    def says_the_same(self, other: Account) -> bool:
        """Whether another look gives the same facts, and a posture that is the same to a person."""
        if self.facts != other.facts or self.candidate.missing_s != other.candidate.missing_s:
            return False
        if self.tilt_deg is None or other.tilt_deg is None:
            return self.tilt_deg is other.tilt_deg
        return abs(self.tilt_deg - other.tilt_deg) < OTHER_POSTURE_DEG

    @property
    def evidence(self) -> dict[str, float]:
        """The numbers."""
        numbers = {
            "peak_g": round(self.candidate.peak_g, 2),
            "free_fall_s": round(self.dip.lasted_s, 2),
            "free_fall_m": round(self.dip.height_m, 2),
            "free_fall_m_plus_minus": round(self.dip.plus_minus_m, 2),
            "impact_after_onset_s": round(self.dip.began / self.candidate.odr_hz, 3),
        }
        if self.tilt_deg is not None:
            numbers["tilt_deg"] = round(self.tilt_deg, 1)
        if self.candidate.clipped:
            numbers["clipped_samples"] = self.candidate.clipped
        if self.candidate.missing_s:
            numbers["missing_s"] = round(self.candidate.missing_s, 2)
        return numbers

    @property
    def facts(self) -> Mapping[str, float]:
        """The facts that severity hangs on."""
        return {"free_fall_s": round(self.dip.lasted_s, 3)}

    @property
    def words(self) -> str:
        """The blow in words, for a person at 03:00."""
        least = "at least " if self.candidate.clipped else ""
        said = f"impact of {least}{self.candidate.peak_g:.1f} g"
        if self.candidate.clipped:
            said += f" (the sensor clipped at {self.candidate.range_g:g} g)"
        if self.dip.lasted_s >= TOLD_FREE_FALL_S:
            said += (
                f" after a free fall of {self.dip.lasted_s:.2f} s, height "
                f"{self.dip.height_m:.1f} ± {self.dip.plus_minus_m:.1f} m"
            )
        if self.tilt_deg is not None:
            said += f", then {self.tilt_deg:.0f}° from upright"
        if self.candidate.missing_s >= TOLD_MISSING_S:
            said += f"; {self.candidate.missing_s:.1f} s around it were not measured"
        return said
