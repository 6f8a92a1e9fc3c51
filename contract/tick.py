"""`tick/1`: time passing, as a message, so that a replay sees the same time."""

from __future__ import annotations

from typing import ClassVar, Literal

from contract.message import Message, Nanoseconds


class Tick(Message):
    """It is now `at_ns`. The gateway makes one a second; a recording holds its own."""

    message: Literal["tick/1"] = "tick/1"
    at_ns: Nanoseconds

    stream: ClassVar[str] = "tick"
