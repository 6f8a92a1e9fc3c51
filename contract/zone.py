"""`[[zone]]` and `[[door]]`: the places of a site, what harms there, what is asked of people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contract.message import Identifier
from contract.severity import Hazard
from contract.table import Role, Table
from contract.zonestate import EnergyState

Exposure = Literal["heat", "cold", "noise", "confined_space"]


class Zone(Table):
    """`[[zone]]`: a place, its hazard, and who may be there, when and for how long.

    The words are those of 29 CFR 1910.146 (permit-required confined spaces): an *entrant* goes in
    under a *permit*, an *attendant* stays outside, *IDLH* is immediately dangerous to life or
    health. How each key is judged is in docs/zones.md.
    """

    id: Identifier
    title: str = ""
    polygon_m: tuple[tuple[float, float], ...] = Field((), description="On the floor plan, metres")
    adjacent: tuple[Identifier, ...] = Field(
        (), description="Zones that one can step into from here; said once, it holds both ways"
    )
    within: Identifier | None = Field(
        None, description="The zone that this one is a part of: who is here is there as well"
    )
    exclusive: bool = Field(
        True, description="Nobody is here and in another exclusive zone, but for those it is within"
    )
    way_out: bool = Field(
        False, description="One can leave the site from here: a badge that goes quiet has gone home"
    )
    muster: bool = Field(False, description="Assembly point: who is here has been evacuated")

    hazard: Hazard = "none"
    live: bool = Field(
        True, description="Energised, or its machine runs; says nothing without hazard"
    )
    state: EnergyState | None = Field(
        None, description="Until a zone_state/1 is heard; if unset, as `live` says"
    )
    idlh: bool = Field(
        False, description="Immediately dangerous to life or health, whatever the state"
    )

    roles: tuple[Role, ...] = Field((), description="Who may be there by role")
    wearers: tuple[Identifier, ...] = Field((), description="Who may be there by name")
    permit_required: bool = Field(False, description="Only with a [[permit]] that is valid now")
    training: tuple[Identifier, ...] = Field(
        (), description="Each a `training` of a [[certificate]] that must be valid"
    )
    hours: tuple[Identifier, ...] = Field(
        (), description="Only in these [[shift]]s; at any time if none"
    )
    entry_states: tuple[EnergyState, ...] = Field(
        ("energised", "locked_out", "maintenance"),
        min_length=1,
        description="Whoever may be there may only in these states",
    )
    open_states: tuple[EnergyState, ...] = Field(
        (), description="Anybody may be there in these states"
    )
    escort: tuple[Role, ...] = Field(
        (), description="Others may be there with somebody of these roles who may be there"
    )
    rescue_training: tuple[Identifier, ...] = Field(
        (), description="What clears a rescuer while somebody is down here"
    )

    least_people: int = Field(0, ge=0, le=100, description="2 is the two-person rule")
    most_people: int | None = Field(None, ge=1, le=100_000, description="Maximum occupancy")
    attendant: bool = Field(
        False, description="While somebody is here, a permit's attendant must stand adjacent"
    )
    alone_max_s: float | None = Field(
        None, ge=0, le=86_400, description="How long somebody may be here alone"
    )
    max_stay_s: float | None = Field(None, gt=0, le=86_400, description="Longest stay")
    exposure: Exposure | None = Field(None, description="What the longest stay is for")
    rest_s: float = Field(
        0, ge=0, le=86_400, description="Time outside after which a stay counts afresh"
    )
    evacuate_s: float = Field(
        180, ge=0, le=86_400, description="Time to leave after an evacuation has begun"
    )
    unknown_tags: bool = Field(False, description="A tag that nobody carries is a breach here")

    @property
    def declared_state(self) -> EnergyState:
        """The state until a message says otherwise."""
        return self.state or ("energised" if self.live else "locked_out")

    def is_live(self, state: EnergyState) -> bool:
        """Whether it harms in this state. In maintenance parts may run, so only a lock helps."""
        return self.hazard != "none" and (self.idlh or state != "locked_out")


class Door(Table):
    """`[[door]]`: a door, gate or turnstile that reports who went through."""

    id: Identifier
    title: str = ""
    zone: Identifier = Field(description="What it guards: `in` is into this zone")
    outside: Identifier | None = Field(
        None, description="The zone on its other side; none where that is outdoors"
    )
