"""`[severity]` of the site file: the tiers, the matrix, and when time makes things worse. Pure."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Hazard = Literal["none", "A", "B", "C"]
"""A: immediately dangerous (IDLH, live robot cell, energised). B: vehicle lane, under load.
C: restricted."""

Impact = Literal["I1", "I2", "I3", "I4"]
"""Credible worst harm: I1 first aid or none, I2 medical treatment, I3 serious injury, I4 death."""

Urgency = Literal["U1", "U2", "U3", "U4"]
"""U1 plan, U2 over, U3 hurt or unknown, U4 incapacitated or still exposed."""


class Severity(StrEnum):
    """SEV1 wakes everybody it must; SEV4 waits for the shift's end."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def rank(self) -> int:
        """1 is worst."""
        return int(self.value[-1])

    def worse_than(self, other: Severity) -> bool:
        """Whether this tier calls for more than `other`.

        >>> Severity.SEV1.worse_than(Severity.SEV2)
        True
        """
        return self.rank < other.rank


Row = tuple[Severity, Severity, Severity, Severity]
_S1, _S2, _S3, _S4 = Severity.SEV1, Severity.SEV2, Severity.SEV3, Severity.SEV4


class SeverityPolicy(BaseModel):
    """The `[severity]` table of the site file: the matrix, and when time makes things worse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Columns: U4, U3, U2, U1, as the table is read aloud.
    i4: Row = Field((_S1, _S1, _S2, _S3), description="Tiers of impact I4 for U4, U3, U2, U1")
    i3: Row = Field((_S1, _S2, _S2, _S3), description="Tiers of impact I3 for U4, U3, U2, U1")
    i2: Row = Field((_S2, _S3, _S3, _S4), description="Tiers of impact I2 for U4, U3, U2, U1")
    i1: Row = Field((_S3, _S3, _S4, _S4), description="Tiers of impact I1 for U4, U3, U2, U1")

    fall_still_s: float = Field(15, gt=0, description="Stillness after a fall that makes it SEV1")
    no_answer_s: float = Field(60, gt=0, description="Silence to the check-call that makes it SEV1")
    height_free_fall_s: float = Field(
        0.6, gt=0, description="Free fall that counts as from height; 0.6 s is 1.8 m"
    )
    zone_b_dwell_s: float = Field(5, ge=0, description="Stay in class B that makes it SEV2")
    zone_c_dwell_s: float = Field(30, ge=0, description="Stay in class C that makes it SEV3")
    silent_s: float = Field(90, gt=0, description="Device silence in a hazard zone: SEV2")
    silent_long_s: float = Field(300, gt=0, description="Device silence in a hazard zone: SEV1")
    overstay_long_s: float = Field(
        600, ge=0, description="Beyond the longest stay by so much: SEV2"
    )
    people_down: int = Field(3, ge=2, description="People down in one zone that make a mass event")
    certain_confidence: float = Field(
        0.6,
        ge=0,
        le=1,
        description="From here a detection pages at once; below, the wearer is asked",
    )
    ask_s: float = Field(20, ge=0, le=20, description="Longest wait for the wearer's answer")

    @model_validator(mode="after")
    def _worse_is_never_milder(self) -> SeverityPolicy:
        rows = {"i4": self.i4, "i3": self.i3, "i2": self.i2, "i1": self.i1}
        for name, row in rows.items():
            if [tier.rank for tier in row] != sorted(tier.rank for tier in row):
                raise ValueError(f"{name} = {[str(t) for t in row]}: tiers ease from U4 to U1")
        names = list(rows)
        for worse, milder in pairwise(names):
            if any(a.rank > b.rank for a, b in zip(rows[worse], rows[milder], strict=True)):
                raise ValueError(f"{worse} is milder than {milder} in some column")
        return self

    def tier(self, impact: Impact, urgency: Urgency) -> Severity:
        """Look up the matrix.

        >>> SeverityPolicy().tier("I3", "U3")
        <Severity.SEV2: 'SEV2'>
        """
        row = {"I4": self.i4, "I3": self.i3, "I2": self.i2, "I1": self.i1}[impact]
        return row[["U4", "U3", "U2", "U1"].index(urgency)]
