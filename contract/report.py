"""`report/1`: what the gateway tells the backend now and then, and what it is told in return.

It is the backend's only road to the gateway. The gateway asks, so neither has to know where the
other listens, and whichever was away is up to date two seconds after it has come back.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contract.assignment import AssignmentBlock
from contract.message import Counter, Identifier, Message, Nanoseconds
from contract.zonestate import EvacuationBlock, ZoneStateBlock

SPEAKER = "backend"
"""The `device` of what people set in the backend, which no site file lists."""
MOST_TAGS = 2048
MOST_PEOPLE = 20_000
MOST_MISHEARD = 512
MOST_REFUSED = 64

Standing = Annotated[ZoneStateBlock | EvacuationBlock, Field(discriminator="message")]
"""What holds until somebody says otherwise."""


class TagCount(Message):
    """How often a reader has heard a tag that nobody carries."""

    reader: Identifier = Field(description="The reader's device id")
    tag: str = Field(max_length=127, description='As heard; "(other)" once there are too many')
    count: Counter = Field(description="Reads since the gateway started")


class Whereabouts(Message):
    """Where a person's badge was heard last. Sent for a purpose only: see `Report`."""

    person: Identifier = Field(description="A wearer's id in the site file")
    zone: Identifier | None = Field(None, description="Where they are, or were when last heard")
    inside: bool = Field(False, description="They are believed to be there now")
    heard_ns: Nanoseconds = Field(description="When anything of theirs was heard last")


class Bound(Message):
    """A device, and the agent that it was bound to because the site file names none."""

    device: Identifier = Field(description="Its id in the site file")
    agent: Identifier = Field(description="Only it is believed about the device")


class Misheard(Message):
    """Input of a device that was refused, or taken but for a part of it."""

    device: str = Field(max_length=127, description="Its id, or whatever it calls itself")
    where: Literal["agent", "gateway"] = Field(description="Who could not read it")
    partly: bool = Field(description="The rest of it was taken")
    reason: str = Field(max_length=500, description="Of the latest, in words")
    count: Counter = Field(description="Pieces of input since the gateway started")
    first_ns: Nanoseconds = Field(description="By the gateway's clock")
    last_ns: Nanoseconds = Field(description="By the gateway's clock")
    understood_ns: Nanoseconds | None = Field(
        None, description="When anything of the device was understood last, if ever"
    )


class TagRefused(Message):
    """An assignment that the gateway does not take, and why."""

    seq: Counter = Field(description="Its number")
    reason: str = Field(max_length=500, description="What is wrong with it, in words")


class Report(Message):
    """The gateway's counts, what holds, and during an evacuation who is where.

    `whereabouts` names everybody while an evacuation stands; at other times only who is in a zone
    with a hazard, whom a rescue would have to look for. It is the whole list each time.
    """

    message: Literal["report/1"] = "report/1"
    gateway: Identifier = Field(description="Who reports")
    boot: Counter = Field(description="Changes when the gateway restarts; counts start afresh")
    at_ns: Nanoseconds = Field(description="The gateway's time")
    unknown_tags: tuple[TagCount, ...] = Field(
        (), max_length=MOST_TAGS, description="Tags that nobody in the site file carries"
    )
    standing: tuple[Standing, ...] = Field(
        (),
        max_length=4096,
        description="The newest word of each speaker about each zone, and about an evacuation",
    )
    whereabouts: tuple[Whereabouts, ...] = Field(
        (), max_length=MOST_PEOPLE, description="All whom a purpose concerns, each time"
    )
    troubles: dict[str, Counter] = Field(
        default_factory=dict,
        max_length=32,
        description="What did not go as it should, by the gateway's own counters; 0 is left out",
    )
    orders_boot: Counter = Field(0, description="Of the orders that it holds durably")
    orders_seq: Counter = Field(0, description="The newest of them")
    tags_boot: Counter = Field(0, description="Of the assignments of tags that it holds durably")
    tags_seq: Counter = Field(0, description="The newest of them, or of those that it has refused")
    tags_refused: tuple[TagRefused, ...] = Field(
        (),
        max_length=MOST_REFUSED,
        description="Assignments that its site file does not allow: they are not in force",
    )
    refused: dict[str, Counter] = Field(
        default_factory=dict,
        description="What was not believed since the gateway started, by reason: unknown-agent, "
        "unsigned, wrong-signature, wrong-agent, not-its-kind …",
    )
    misheard: tuple[Misheard, ...] = Field(
        (), max_length=MOST_MISHEARD, description="Devices that are heard and not understood"
    )
    bound: tuple[Bound, ...] = Field(
        (),
        max_length=MOST_PEOPLE,
        description="Devices without an agent in the site file, each with the first that spoke "
        "for it: no other is believed since",
    )


class Orders(Message):
    """The backend's answer: what people have set that the gateway does not hold yet.

    `floorwatch` is what makes it the backend's: any JSON object would be orders without orders.
    """

    floorwatch: Literal["orders/1"] = Field("orders/1", description="The backend's marker")
    orders: tuple[Standing, ...] = Field(
        (), description=f'Blocks of device "{SPEAKER}", oldest first; to be recorded like any other'
    )
    assigned: tuple[AssignmentBlock, ...] = Field(
        (), description="Whose tags are whose, the same way: numbered on their own"
    )
