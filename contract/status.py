"""`status/1`: how an agent or a gateway is. Retained; the last will says `offline`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Counter, Identifier, Message, Nanoseconds


class Status(Message):
    """Availability first, then what an engineer asks next. An `offline` will has no figures."""

    message: Literal["status/1"] = "status/1"
    agent: Identifier
    state: Literal["online", "offline"]
    at_ns: Nanoseconds | None = None
    version: str | None = None
    spooled: Counter | None = Field(None, description="Blocks that wait for an acknowledgement")
    spooled_bytes: Counter | None = None
    dropped: Counter | None = Field(None, description="Samples given up because the spool was full")
    refused: Counter | None = Field(None, description="Input that no driver could read")
    set_aside: Counter | None = Field(
        None, description="Blocks that the gateway refused, or that cannot be sent"
    )
    unspooled: Counter | None = Field(
        None, description="Blocks held in memory alone, because the disk would not take them"
    )
    clock_steps: Counter | None = Field(
        None, description="How often the agent's clock was set since it started"
    )
    disbelieved: Counter | None = Field(
        None,
        description="Messages in the gateway's name that were not signed with this agent's key, or "
        "not meant for this run of it",
    )
    oldest_ns: Nanoseconds | None = Field(None, description="t0 of the oldest spooled block")
    clock_offset_ns: int | None = Field(None, description="Own clock minus reference, estimated")
    clock_uncertainty_ns: Counter | None = None
    devices: dict[str, Nanoseconds] = Field(default_factory=dict, description="When last heard")

    stream: ClassVar[str] = "status"
