"""What every message has in common."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from contract.forgiving import VITAL

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""Names a site, agent, device or zone. A `.`, `*`, `>` or a space would break some brokers."""

Session = Annotated[str, Field(pattern=r"^[0-9a-f]{1,32}$")]
"""One run of an agent or a gateway: random, so an answer to an earlier run is known as one."""

Vector = tuple[float, float, float]
Nanoseconds = Annotated[int, Field(ge=0, lt=2**63)]
"""A UTC instant, nanoseconds since 1970-01-01."""

Counter = Annotated[int, Field(ge=0, lt=2**53)]
"""A count that JavaScript and jq can read exactly."""


def _standard_base64(raw: bytes | None) -> str | None:
    # pydantic writes the URL-safe alphabet, which `base64 -d` on a technician's laptop refuses.
    from base64 import b64encode

    return None if raw is None else b64encode(raw).decode()


Base64 = Annotated[bytes, PlainSerializer(_standard_base64, return_type=str, when_used="json")]
"""Bytes that travel as base64 (either alphabet is read, the standard one is written)."""


class Message(BaseModel):
    """The base of all that crosses a wire: frozen, no NaN, tolerant of a newer sender.

    A field we do not know is kept aside, not obeyed: `unknown_fields` names it so that it can be
    counted.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        allow_inf_nan=False,
        val_json_bytes="base64",
        ser_json_bytes="base64",
    )

    def unknown_fields(self) -> Iterator[str]:
        """Yield the names of fields that this version does not know, nested ones too."""
        yield from self.model_extra or ()
        for name in _nesting(type(self)):
            value = getattr(self, name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Message):
                    yield from part.unknown_fields()


@cache
def _nesting(model: type[Message]) -> tuple[str, ...]:
    """Return the fields that may hold other messages: the only ones worth looking into."""
    return tuple(n for n, field in model.model_fields.items() if _holds(field.annotation))


def _holds(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Message):
        return True
    return any(_holds(part) for part in get_args(annotation))


class Block(Message):
    """Something one device measured: a run of samples, a handful of reads, one event.

    `(device, message, boot, seq)` is its identity. Every later copy of it is a duplicate.
    """

    message: str
    device: Identifier = Field(description="What measured it, or who said it")
    boot: Annotated[Counter, VITAL] = Field(
        0, description="Changes when the device restarts; `seq` starts afresh"
    )
    seq: Counter = Field(description="Counts the device's blocks of this kind since it booted")
    t0_ns: Nanoseconds = Field(description="UTC time of the first sample")
    said_ns: Nanoseconds | None = Field(
        None,
        description="What the device's own clock said instead of `t0_ns`, where that could not be "
        "true: the time of arrival was taken",
    )

    stream: ClassVar[str]
    """The topic level that carries it."""

    @property
    def end_ns(self) -> int:
        """When the last sample was taken."""
        return self.t0_ns
