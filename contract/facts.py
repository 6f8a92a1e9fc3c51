"""What severity hangs on: the facts of one event, as they become known. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contract.message import Message
from contract.policy import Hazard


class Facts(Message):
    """What is known about one event. It grows with each update, and every tier quotes it."""

    kind: str = Field(description="Of the detection")
    hazard: Hazard = Field("none", description="Class of the zone")
    live: bool = Field(False, description="The zone is energised, or its machine runs")
    idlh: bool = Field(
        False, description="The zone is immediately dangerous to life or health, whatever its state"
    )
    lone: bool = Field(False, description="Works alone")
    authorised: Literal["yes", "no", "expired"] = Field("no", description="To be in the zone")
    free_fall_s: float = Field(0, ge=0, description="Before the impact")
    still_s: float = Field(0, ge=0, description="Without moving, after a fall")
    dwell_s: float = Field(0, ge=0, description="In the zone")
    overstay_s: float = Field(0, ge=0, description="Beyond the longest stay")
    silent_s: float = Field(0, ge=0, description="Since the device was heard")
    unanswered_s: float = Field(0, ge=0, description="Since the check-call that nobody answered")
    people: int = Field(0, ge=0, description="In the zone")
    people_down: int = Field(0, ge=0, description="In one zone")
    cancelled: bool = Field(False, description="The wearer said that all is well")

    @property
    def in_hazard(self) -> bool:
        """Whether whoever lies here is in danger of more: IDLH, class A always, class B if live."""
        return self.idlh or self.hazard == "A" or (self.hazard == "B" and self.live)

    def with_update(self, newer: Facts) -> Facts:
        """Return what is known after `newer`. Durations and counts only grow; a cancel stays."""
        return newer.model_copy(
            update={
                "hazard": newer.hazard if newer.hazard != "none" else self.hazard,
                "live": self.live or newer.live,
                "idlh": self.idlh or newer.idlh,
                "lone": self.lone or newer.lone,
                "free_fall_s": max(self.free_fall_s, newer.free_fall_s),
                "still_s": max(self.still_s, newer.still_s),
                "dwell_s": max(self.dwell_s, newer.dwell_s),
                "overstay_s": max(self.overstay_s, newer.overstay_s),
                "silent_s": max(self.silent_s, newer.silent_s),
                "unanswered_s": max(self.unanswered_s, newer.unanswered_s),
                "people": max(self.people, newer.people),
                "people_down": max(self.people_down, newer.people_down),
                "cancelled": self.cancelled or newer.cancelled,
            }
        )
