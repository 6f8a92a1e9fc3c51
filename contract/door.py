"""`door/1`: a door, gate or turnstile let somebody through, or did not."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Block, Identifier, Message, Nanoseconds
from contract.reads import TagId

Direction = Literal["in", "out", "unknown"]


class DoorEvent(Message):
    """One credential at one door."""

    door: Identifier
    tag: TagId = Field(description="The credential: a badge's number as a reader would hear it")
    granted: bool = Field(description="False: the door stayed shut")
    direction: Direction = Field("unknown", description="Into what the door guards, or out of it")
    t_ns: Nanoseconds


class DoorBlock(Block):
    """Events of one access controller. They may go back in time, as reads may."""

    message: Literal["door/1"] = "door/1"
    events: tuple[DoorEvent, ...] = Field(min_length=1, max_length=1024)

    stream: ClassVar[str] = "door"

    @property
    def end_ns(self) -> int:
        """When the latest event happened."""
        return max(event.t_ns for event in self.events)
