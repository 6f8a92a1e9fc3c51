"""`/api/v1/zones`, `/evacuation`, `/muster`: what holds at places, who must leave, who has not."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from backend.api.acts import NO_NUL, Reasoned
from backend.api.body import described, reading
from backend.api.examples import EVACUATE, ZONE_STATE
from backend.api.needs import TheMuster, ThePlaces
from backend.api.problems import documented
from backend.places.view import EvacuationView, MusterView, ZoneView
from contract.message import Identifier
from contract.zonestate import EnergyState

router = APIRouter(tags=["Places"])

ZoneId = Annotated[Identifier, Path(description="A zone's id in the site file")]
Person = Annotated[Identifier, Query(description="Who acts: a person's id")]


class ZoneList(BaseModel):
    """Every zone."""

    items: list[ZoneView] = Field(description="As the site file has them")


class State(Reasoned):
    """Somebody says in what state a zone is."""

    state: EnergyState = Field(description="What holds from now on")


class Evacuate(Reasoned):
    """Somebody orders an evacuation."""

    zones: tuple[Identifier, ...] = Field(
        (), max_length=1024, description="Which must be empty; every zone but musters if none"
    )


@router.get("/zones", summary="List zones and what holds there", responses=documented(422))
def list_zones(places: ThePlaces) -> ZoneList:
    """Return every zone with its state, who set it and whether the gateway judges by it."""
    return ZoneList(items=places.zones())


@router.put(
    "/zones/{zone}/state",
    summary="Set a zone's state",
    responses=documented(404, 413, 415, 422),
    openapi_extra=described(State, ZONE_STATE),
)
def set_zone_state(
    places: ThePlaces, zone: ZoneId, given: Annotated[State, Depends(reading(State))]
) -> ZoneView:
    """Say that a zone is energised, locked out or in maintenance: it decides what a step costs.

    It is appended to the record, and the gateway judges by it two seconds later.
    """
    return places.set_state(zone, given.person, given.state, given.reason)


@router.get("/evacuation", summary="Read the evacuation", responses=documented(422))
def read_evacuation(places: ThePlaces) -> EvacuationView:
    """Return whether an evacuation stands, and who ordered or ended it."""
    return places.evacuation()


@router.post(
    "/evacuation",
    summary="Order an evacuation",
    responses=documented(404, 413, 415, 422),
    openapi_extra=described(Evacuate, EVACUATE),
)
def order_evacuation(
    places: ThePlaces, given: Annotated[Evacuate, Depends(reading(Evacuate))]
) -> EvacuationView:
    """Begin one, or change which zones must be empty. Safe to send again."""
    return places.evacuate(given.person, given.zones, given.reason)


@router.delete("/evacuation", summary="End the evacuation", responses=documented(404, 409, 422))
def end_evacuation(
    places: ThePlaces,
    person: Person,
    reason: Annotated[
        str, Query(min_length=1, max_length=1000, pattern=NO_NUL, description="For the record")
    ],
) -> EvacuationView:
    """Say that people may come back. Positions are no longer shown from then on."""
    return places.all_clear(person, reason)


@router.get("/muster", summary="Read who is inside", responses=documented(404, 422))
def read_muster(muster: TheMuster, person: Person) -> MusterView:
    """Return who is still inside, and who went quiet where. Each reading is put on record.

    While no evacuation stands it names only whoever is in a zone with a hazard.
    """
    return muster.look_up(person, "api")
