"""`ack/1`: what the gateway holds. Only this empties a spool; a broker's PUBACK does not."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contract.message import Counter, Identifier, Message, Session

Run = Annotated[tuple[Counter, Counter], Field(description="First and last, both included")]


class Refusal(Message):
    """A block that will never be taken, and why. The agent sets it aside and counts it."""

    seq: Counter
    reason: str = Field(max_length=500)


class Held(Message):
    """What is durable of one device since one boot.

    `held` names every acknowledged block outright: a block in no run is not acknowledged, so a
    gateway that has forgotten something can only cause a resend, never a loss.
    """

    block: str = Field(description='The kind of block, as in its `message`: "imu/1"')
    device: Identifier
    boot: Counter
    held: tuple[Run, ...] = Field((), max_length=256)
    refused: tuple[Refusal, ...] = ()


class Ack(Message):
    """Durable means: in the flight recorder, and whatever it showed is in the outbox."""

    message: Literal["ack/1"] = "ack/1"
    gateway: Identifier
    devices: tuple[Held, ...]
    session: Session | None = Field(
        None, description="The agent's, as in the batch: an answer to another run of it is none"
    )
    run: Session | None = Field(None, description="The gateway's own, anew at each of its starts")
    number: Counter | None = Field(
        None, description="Grows within a `run`: one that is not above the last is a copy"
    )

    stream: ClassVar[str] = "ack"
