"""`imu/1`: a run of consecutive accelerometer samples."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from contract.instants import NS_PER_S
from contract.message import Base64, Block, Vector

MAX_SAMPLES = 4096
MAX_BLOCK_S = 60.0
BYTES_PER_SAMPLE = 6  # three axes of int16
LEAST_PERCENT = 6.0
"""A cell's voltage is below it: 1 to 5 of a battery may be volts as well as percent, so neither."""


def charge(given: Any) -> Any:
    """Return a charge as a share, also one in percent; what is neither is left to be refused.

    >>> charge(0.5), charge(87), charge("64 %"), charge(3.1)
    (0.5, 0.87, 0.64, 3.1)
    """
    if isinstance(given, str) and given.strip().endswith("%"):
        try:
            return float(given.strip().rstrip("% ")) / 100
        except ValueError:
            return given
    if isinstance(given, int | float) and not isinstance(given, bool):
        return given / 100 if LEAST_PERCENT <= given <= 100 else given
    return given


class ImuBlock(Block):
    """Specific force of a worn or mounted device, in the device's own axes.

    The samples are either `accel_i16`, little-endian int16 triples `x y z x y z …` in base64 where
    one step is `scale_g`, or `accel_g`, a plain list of triples in g. At rest the magnitude is 1 g.
    """

    message: Literal["imu/1"] = "imu/1"
    odr_hz: float = Field(ge=5, le=1600, description="Output data rate")
    accel_i16: Annotated[Base64 | None, Field(min_length=BYTES_PER_SAMPLE)] = None
    scale_g: float | None = Field(None, gt=0, le=1, description="g a step of accel_i16")
    accel_g: tuple[Vector, ...] | None = Field(None, min_length=1, max_length=MAX_SAMPLES)
    range_g: float | None = Field(
        None, gt=0, le=400, description="Full scale: beyond it the sensor clips"
    )
    battery: Annotated[float | None, BeforeValidator(charge)] = Field(
        None, ge=0, le=1, description="Charge left, 1 is full; from 6 to 100 it is a percentage"
    )
    worn: bool | None = Field(None, description="False while off the body or charging")

    stream: ClassVar[str] = "imu"

    @model_validator(mode="after")
    def _samples_once_and_whole(self) -> Self:
        if (self.accel_i16 is None) == (self.accel_g is None):
            raise ValueError("give the samples once: either accel_i16 with scale_g, or accel_g")
        if self.accel_i16 is not None:
            if self.scale_g is None:
                raise ValueError("accel_i16 needs scale_g, the g that one step stands for")
            if len(self.accel_i16) % BYTES_PER_SAMPLE:
                raise ValueError(
                    f"accel_i16 has {len(self.accel_i16)} bytes, not a multiple of "
                    f"{BYTES_PER_SAMPLE} (three axes of int16)"
                )
        if self.count > MAX_SAMPLES:
            raise ValueError(f"{self.count} samples; a block has at most {MAX_SAMPLES}")
        if self.count / self.odr_hz > MAX_BLOCK_S:
            raise ValueError(
                f"{self.count / self.odr_hz:.0f} s in one block; at most {MAX_BLOCK_S:.0f} s"
            )
        return self

    @property
    def count(self) -> int:
        """How many samples there are."""
        if self.accel_i16 is not None:
            return len(self.accel_i16) // BYTES_PER_SAMPLE
        return len(self.accel_g or ())

    def t_ns(self, i: int) -> int:
        """Return the time of sample `i`, which may lie outside the block."""
        return self.t0_ns + round(i * NS_PER_S / self.odr_hz)

    @property
    def end_ns(self) -> int:
        """When the last sample was taken."""
        return self.t_ns(self.count - 1)
