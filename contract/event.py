"""`event/1`: something a person did on a device."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Block

EventName = Literal["sos", "cancel", "all-right", "check-in", "button"]


class EventBlock(Block):
    """A press. `sos` calls for help, `cancel` and `all-right` answer for the wearer."""

    message: Literal["event/1"] = "event/1"
    event: EventName
    detail: str = Field("", max_length=200)

    stream: ClassVar[str] = "event"
