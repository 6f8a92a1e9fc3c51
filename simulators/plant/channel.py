"""The numbers of the radio link and of the reader, as fitted, and what could not be fitted."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.errors import RecordingError

FITTED = Path(__file__).with_name("fitted.json")


class Channel(BaseModel):
    """How a badge is heard. Everything here is fitted to `badges/walks` by `simulators.plant.fit`.

    A passive tag answers with what it receives, so the level at the reader goes as the *square* of
    the one-way gain. That gain is a direct ray, weakened by what stands in its way (log-normal
    shadow), and a field of reflections (Rayleigh), which together are Rician fading.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    at_1_m_dbm: float = Field(description="Level of the direct ray at one metre")
    direct_exponent: float = Field(gt=0, description="One-way power of the ray falls as d to this")
    height_m: float = Field(ge=0, description="Of the antenna over the badges")
    diffuse_db: float = Field(description="Reflections against the ray, one way, at one metre")
    diffuse_exponent: float = Field(ge=0, description="They fall as d to this")
    shadow_db: float = Field(ge=0, description="Standard deviation of the shadow, both ways")
    shadow_m: float = Field(gt=0, description="The shadow is another after walking so far")
    fade_m: float = Field(gt=0, description="And the pattern of the reflections after so far")
    noise_db: float = Field(ge=0, description="Error of one measurement of the level")
    threshold_dbm: float = Field(description="A weaker answer is not read, half the time")
    threshold_soft_db: float = Field(gt=0, description="How sharp that threshold is")
    read_share: float = Field(gt=0, le=1, description="Share of good visits in which it is read")
    cycle_s: float = Field(gt=0.02, description="A reader visits each of its antennas once in this")
    report_s: float = Field(gt=0.02, description="It reports so often, a line a tag and antenna")
    held_share: float = Field(ge=0, le=1, description="Share of lines that wait for a later report")
    held_s: float = Field(ge=0, description="How long these wait, on average")
    antenna_db: float = Field(ge=0, description="Antennas differ in power by so much (deviation)")
    receive_db: float = Field(ge=0, description="And in what level they tell, as much again")

    @classmethod
    def parse(cls, raw: Any) -> Channel:
        """Return the channel of a parameter file's `channel`, or raise `RecordingError`."""
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise RecordingError(f"not a fitted channel: {error}") from None


@cache
def fitted() -> Channel:
    """Return what the recordings said, from the committed file."""
    return Channel.parse(json.loads(FITTED.read_text(encoding="utf-8"))["channel"])
