"""`cmd/1`: what a device is asked to do."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Identifier, Message, Nanoseconds


class Command(Message):
    """Ask the wearer "are you all right?", or stop asking. Expired, it is not carried out."""

    message: Literal["cmd/1"] = "cmd/1"
    id: str = Field(max_length=120, description="The same for every copy")
    device: Identifier
    command: Literal["ask-all-right", "stop-asking"]
    expires_ns: Nanoseconds

    stream: ClassVar[str] = "cmd"
