"""What every body says by which a person acts: who, and why."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from contract.message import Identifier

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL stores every character but this one."""


class ActBody(BaseModel):
    """The base of what a person asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: Identifier = Field(description="Who acts: a person's id")


class Reasoned(ActBody):
    """Somebody changes something, and says why."""

    reason: str = Field(min_length=1, max_length=1000, pattern=NO_NUL, description="For the record")
