"""`refused/1`: what an agent could not read of a device that it hears."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Block, Counter


class RefusedBlock(Block):
    """A device is heard, and not understood. Its agent says so, at most every ten seconds.

    `device` is the agent's own id where nobody can tell whose input it was.
    """

    message: Literal["refused/1"] = "refused/1"
    lost: Counter = Field(0, description="Pieces of input that were lost, since the last was told")
    partly: Counter = Field(
        0, description="Pieces that were taken but for a field or the time, since the last was told"
    )
    reason: str = Field(max_length=300, description="Of the latest, of what was lost if anything")

    stream: ClassVar[str] = "refused"
