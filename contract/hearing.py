"""`[[hearing]]`: what an antenna hears of a badge in a zone, measured while somebody walked there.

`floorwatch calibrate badges` writes these tables. Without any, presence goes by which antenna hangs
in which zone.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from contract.message import Identifier
from contract.table import Table

Count = Annotated[int, Field(ge=0, le=10_000_000)]


class Hearing(Table):
    """`[[hearing]]`: the reads of one antenna while a badge was in one zone, by level."""

    reader: Identifier
    point: str = Field("1", max_length=63, description="As in `points` of the reader")
    zone: Identifier = Field(description="Where the badge was")
    seconds: float = Field(gt=0, le=1e6, description="For how long somebody walked there")
    reads: Count = Field(description="How often the antenna heard the badge in that time")
    from_dbm: int = Field(-100, ge=-150, le=30, description="The level where `counts` begins")
    step_db: int = Field(2, ge=1, le=10, description="How many decibels each count spans")
    counts: tuple[Count, ...] = Field(
        (), max_length=180, description="Reads by level; empty when the reader tells none"
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Hearing:
        if sum(self.counts) > self.reads:
            raise ValueError(f"counts has {sum(self.counts)} reads, but reads = {self.reads}")
        return self
