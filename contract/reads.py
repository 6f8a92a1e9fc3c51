"""`reads/1`: badges that an RFID reader or BLE receiver heard."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from contract import spelling
from contract.forgiving import VITAL
from contract.message import Block, Message, Nanoseconds

TagId = Annotated[
    str,
    BeforeValidator(lambda given: spelling.tag(given) if isinstance(given, str) else given),
    Field(pattern=r"^[0-9a-z][0-9a-z:_-]{0,127}$"),
]
"""An EPC as lower-case hex, or a MAC as `aa:bb:cc:dd:ee:ff`, however it was spelled."""
Metres = Annotated[float, Field(ge=-1e6, le=1e6)]


class Read(Message):
    """One badge heard once."""

    tag: TagId
    point: Annotated[str, VITAL] = Field(
        "1", max_length=63, description="Antenna, port or receiver of this reader"
    )
    t_ns: Nanoseconds
    rssi_dbm: float | None = Field(None, ge=-150, le=30)
    position_m: tuple[Metres, Metres] | None = Field(
        None, description="Where it is, when the reader locates it: x and y on the floor plan"
    )
    position_error_m: float | None = Field(
        None, ge=0, le=1e6, description="How far off that may be, as the reader itself says"
    )


class ReadsBlock(Block):
    """Reads of one reader. They may go back in time: readers report in no strict order."""

    message: Literal["reads/1"] = "reads/1"
    reads: tuple[Read, ...] = Field(max_length=4096)

    stream: ClassVar[str] = "reads"

    @property
    def end_ns(self) -> int:
        """When the latest read happened."""
        return max((read.t_ns for read in self.reads), default=self.t0_ns)
