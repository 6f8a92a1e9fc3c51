"""`zone_state/1` and `evacuation/1`: what a zone's machines do now, and who must leave.

A PLC says so through its agent, or a person in the console, which the gateway fetches over HTTP.
Both are blocks, so they are recorded and replayed like everything that is measured; `device` is
who speaks. Whose word holds is the table of `contract.standing`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Block, Identifier

EnergyState = Literal["energised", "locked_out", "maintenance"]
"""energised: it may move or bite at any moment. locked_out: its energy is isolated and the lock is
on (29 CFR 1910.147, lockout/tagout). maintenance: people work on it, and parts of it may run."""

SPEAKER = Field(min_length=1, max_length=80, description="Who or what set it: a PLC, a person's id")


class ZoneStateBlock(Block):
    """From `t0_ns` on the zone is in this state, as far as this speaker knows.

    Say it when it changes, and again now and then: whoever starts later has not heard it. Until
    one is heard, the zone's `state` in the site file holds.
    """

    message: Literal["zone_state/1"] = "zone_state/1"
    zone: Identifier = Field(description="Id in the site file")
    state: EnergyState = Field(description="What holds from `t0_ns` on")
    by: str = SPEAKER

    stream: ClassVar[str] = "zone_state"


class EvacuationBlock(Block):
    """From `t0_ns` on everybody leaves these zones, or may come back.

    Only a person ends one. A device begins one where the site file says that it `evacuates`.

    While one is on, whoever is still inside is the muster.
    """

    message: Literal["evacuation/1"] = "evacuation/1"
    on: bool = Field(description="True when it begins, false when it is over")
    zones: tuple[Identifier, ...] = Field(
        (), max_length=1024, description="Which must be empty; every zone but musters if none"
    )
    by: str = SPEAKER

    stream: ClassVar[str] = "evacuation"
