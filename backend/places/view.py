"""Places as they are read: by the API and by the console."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.incidents.view import ReadModel
from contract.severity import Hazard
from contract.zonestate import EnergyState


class ZoneView(ReadModel):
    """A zone, and the state that holds there."""

    zone: str = Field(description="Its id in the site file")
    title: str = Field(description="What people call it")
    hazard: Hazard = Field(description="Its hazard class")
    state: EnergyState = Field(description="What holds now")
    live: bool = Field(description="In this state it harms whoever steps in")
    since_ns: int | None = Field(description="Since when; null while the site file's word holds")
    source: str = Field(description='"site-file", "backend", or the device that said it')
    by: str | None = Field(description="Who or what set it")
    by_name: str | None = Field(description="The same, as people call them")
    reason: str | None = Field(description="Why, in their words")
    in_force: bool = Field(
        description="The gateway judges by it; false for the seconds until it has fetched it"
    )
    differs: str | None = Field(
        None, description="What the gateway really holds, where that is something else"
    )


class EvacuationView(ReadModel):
    """Whether an evacuation stands."""

    on: bool = Field(description="It stands")
    zones: tuple[str, ...] = Field(description="What must be empty; every zone but musters if none")
    since_ns: int | None = Field(description="When it began, or when the last one ended")
    source: str | None = Field(description='"backend", or the device that said it')
    by: str | None = Field(description="Who or what began or ended it")
    by_name: str | None = Field(description="The same, as people call them")
    reason: str | None = Field(description="Why, in their words")
    in_force: bool = Field(description="The gateway judges by it")
    differs: str | None = Field(
        None, description="What the gateway really holds, where that is something else"
    )


Where = Literal["inside", "last-seen", "safe", "elsewhere"]


class PersonHere(ReadModel):
    """Somebody, and where they were heard last."""

    person: str = Field(description="A wearer's id in the site file")
    name: str = Field(description="The wearer's name")
    department: str | None = Field(description="The wearer's")
    phone: str | None = Field(description="The wearer's, to call")
    where: Where = Field(
        description="inside: in a zone that must be empty, or has a hazard. last-seen: heard "
        "there, quiet since. safe: at an assembly point. elsewhere: where nobody has to leave"
    )
    zone: str | None = Field(description="Its id in the site file")
    zone_title: str | None = Field(description="The zone's title")
    heard_ns: int = Field(description="When anything of theirs was heard last")


class MusterView(ReadModel):
    """Who is still inside. Every reading of it is on record."""

    purpose: Literal["evacuation", "hazard-zones"] = Field(
        description="Why positions are shown: an evacuation stands, or else only whoever is in a "
        "zone with a hazard"
    )
    evacuation: EvacuationView = Field(description="Whether one stands")
    as_of_ns: int | None = Field(description="When the gateway last reported; null before it did")
    people: tuple[PersonHere, ...] = Field(description="Inside first, then whoever went quiet")
    not_heard: int = Field(
        description="Wearers of whom nothing was heard of late: at home, or with a flat battery"
    )


class UnknownTag(ReadModel):
    """A tag that nobody carries."""

    tag: str = Field(description='As the reader heard it; "(other)" once there are too many')
    reader: str = Field(description="The reader's device id")
    zones: tuple[str, ...] = Field(description="What the reader covers, by title")
    count: int = Field(description="How often it was heard there")
    first_ns: int = Field(description="When it was first reported")
    last_ns: int = Field(description="When its count last grew")


class AssignedTag(ReadModel):
    """A tag that somebody gave to a wearer here, not in the site file."""

    tag: str = Field(description="As readers hear it")
    wearer: str = Field(description="The wearer's id in the site file")
    wearer_name: str = Field(description="The wearer's name")
    by: str = Field(description="Who said so: a person's id")
    by_name: str = Field(description="Who said so")
    at_ns: int = Field(description="When")
    in_force: bool = Field(description="The gateway knows whose it is")
    refused: str | None = Field(
        None, description="Why the gateway does not take it, where its site file does not allow it"
    )
    site_file: str = Field(description="The lines that say the same in the site file")
