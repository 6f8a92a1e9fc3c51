"""`cmd/1`: what a device is asked to do."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Identifier, Message, Nanoseconds


class Command(Message):
    """Ask the wearer "are you all right?", stop asking, or warn them of where they are going.

    A `clip` is asked of a camera: what it saw from `from_ns` to `to_ns`, sent to `upload`. Expired,
    a command is not carried out, and neither is one whose `id` was carried out before.
    """

    message: Literal["cmd/1"] = "cmd/1"
    id: str = Field(max_length=120, description="The same for every copy")
    device: Identifier
    command: Literal["ask-all-right", "stop-asking", "warn", "clip"]
    expires_ns: Nanoseconds
    from_ns: Nanoseconds | None = Field(None, description="Of a clip: its beginning")
    to_ns: Nanoseconds | None = Field(None, description="Of a clip: its end, perhaps yet to come")
    at_ns: Nanoseconds | None = Field(None, description="Of a clip: what it is about")
    upload: str | None = Field(
        None, max_length=2000, description="Of a clip: where it goes, a URL that lets it in"
    )

    stream: ClassVar[str] = "cmd"
