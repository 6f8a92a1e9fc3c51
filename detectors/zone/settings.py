"""How reads become presence: what a site may change."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PresenceSettings(BaseModel):
    """How reads become presence. What each number does is in docs/presence.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reorder_s: float = Field(0.5, ge=0, le=10, description="Reads may be this late")
    await_s: float = Field(
        3.0, ge=0, le=60, description="Silence is believed after this: reads may be on their way"
    )
    gone_s: float = Field(15.0, gt=0, le=600, description="Silence after which a person has left")
    look_s: float = Field(
        1.0, ge=0.25, le=10, description="Reads of this long are looked at as one"
    )
    look_reads: int = Field(
        4, ge=1, le=100, description="… or as long as it takes to hear so many …"
    )
    look_most_s: float = Field(5.0, ge=0.25, le=60, description="… and no longer than this")
    place_s: float = Field(
        12.0, ge=0.5, le=120, description="Looks this far apart say something new: another place"
    )
    likeness: float = Field(
        0.1, ge=0, le=1, description="How alike the reads of one look are: 1 is all the same"
    )
    stay_s: float = Field(
        2000.0, gt=1, le=86_400, description="How long people are in a zone, in the mean"
    )
    enter_share: float = Field(
        0.85, gt=0.5, lt=1, description="A zone must be so probable to be entered from nowhere"
    )
    enter_reads: int = Field(
        4, ge=1, le=100, description="Fewer reads than this put nobody in a zone"
    )
    cross_share: float = Field(
        0.95, gt=0.5, lt=1, description="The same for crossing over from another zone"
    )
    dwell_s: float = Field(
        0.75,
        ge=0,
        le=30,
        description="A zone with a hazard class must stay so probable for so long",
    )
