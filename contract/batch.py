"""`batch/1`: many blocks in one publish. A broker's cost is a message, so this is the lever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from contract import forgiving
from contract.assignment import AssignmentBlock
from contract.door import DoorBlock
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.message import Block, Counter, Identifier, Message, Nanoseconds, Session
from contract.reads import ReadsBlock
from contract.refusal import RefusedBlock
from contract.tracks import TracksBlock
from contract.zonestate import EvacuationBlock, ZoneStateBlock

AnyBlock = Annotated[
    ImuBlock
    | ReadsBlock
    | TracksBlock
    | EventBlock
    | DoorBlock
    | ZoneStateBlock
    | EvacuationBlock
    | RefusedBlock
    | AssignmentBlock,
    Field(discriminator="message"),
]
_block: TypeAdapter[AnyBlock] = TypeAdapter(AnyBlock)
BLOCKS: dict[str, type[Block]] = {
    "imu/1": ImuBlock,
    "reads/1": ReadsBlock,
    "tracks/1": TracksBlock,
    "event/1": EventBlock,
    "door/1": DoorBlock,
    "zone_state/1": ZoneStateBlock,
    "evacuation/1": EvacuationBlock,
    "refused/1": RefusedBlock,
    "assignment/1": AssignmentBlock,
}
MAX_BLOCKS = 2048
MAX_PAYLOAD_BYTES = 1_000_000
"""What an agent sends at most, and a gateway reads at most, in one publish."""


class Batch(Message):
    """Blocks of many devices behind one agent."""

    message: Literal["batch/1"] = "batch/1"
    agent: Identifier
    session: Session | None = Field(None, description="Anew at each start of the agent")
    sent_ns: Nanoseconds
    clock_offset_ns: int | None = Field(
        None, description="Agent's clock minus reference, estimated"
    )
    clock_uncertainty_ns: Counter | None = None
    blocks: tuple[AnyBlock, ...] = Field(max_length=MAX_BLOCKS)


class Cause(StrEnum):
    """Why a part of a payload cannot be read."""

    NOT_JSON = "not-json"
    """Not JSON, or not an object."""
    UNKNOWN_MESSAGE = "unknown-message"
    """A message or version that this program does not know."""
    INVALID = "invalid"
    """A wrong shape, NaN, an absurd value."""


@dataclass(frozen=True)
class Refused:
    """One part of a payload that cannot be read. The identity is what could be made out of it."""

    reason: str
    block: str | None = None
    device: str | None = None
    boot: int | None = None
    seq: int | None = None
    cause: Cause = Cause.INVALID
    partly: bool = False
    """The rest was taken: something beside it was left out, or its time was not believed."""


def parse_block(payload: bytes) -> Block:
    """Read one block, or raise `pydantic.ValidationError`."""
    return _block.validate_json(payload)


def read(payload: bytes) -> tuple[Batch | None, Sequence[Block], Sequence[Refused]]:
    """Take a publish apart: the batch that it was, its good blocks, and the parts refused.

    Never raises. One unreadable block does not take the others with it. A bare block, without a
    batch around it, is read as well.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        reason = f"{len(payload)} bytes in one publish; at most {MAX_PAYLOAD_BYTES} are read"
        return None, (), (Refused(reason),)
    try:
        batch = Batch.model_validate_json(payload)
    except ValidationError:
        return _read_piecemeal(payload)
    return batch, batch.blocks, ()


def _read_piecemeal(payload: bytes) -> tuple[Batch | None, Sequence[Block], Sequence[Refused]]:
    try:
        # NaN is let through here and refused below, so that it costs only the block that has it.
        raw = from_json(payload, allow_inf_nan=True)
    except ValueError as error:
        return None, (), (Refused(f"not JSON: {error}", cause=Cause.NOT_JSON),)
    if not isinstance(raw, dict):
        told = f"a JSON object is wanted, not {type(raw).__name__}"
        return None, (), (Refused(told, cause=Cause.NOT_JSON),)
    batch: Batch | None = None
    parts: list[Any] = [raw]
    if raw.get("message") == "batch/1":
        try:
            batch, _left_out = forgiving.read(Batch, {**raw, "blocks": ()})
        except ValidationError as error:
            return None, (), (Refused(f"batch/1: {explain(error)}"),)
        parts = raw["blocks"] if isinstance(raw.get("blocks"), list) else []
        if not isinstance(raw.get("blocks"), list) or len(parts) > MAX_BLOCKS:
            reason = f"batch/1: blocks must be a list of at most {MAX_BLOCKS}"
            return batch, (), (Refused(reason),)
    good: list[Block] = []
    bad: list[Refused] = []
    for part in parts:
        block, refused = read_part(part)
        bad += refused
        if block is not None:
            good.append(block)
    return batch, good, bad


def read_part(part: Any) -> tuple[Block | None, Sequence[Refused]]:
    """Read one block out of parsed JSON, forgivingly; what identity it has goes with a refusal."""
    if not isinstance(part, dict):
        return None, (Refused(f"a block is a JSON object, not {type(part).__name__}"),)
    name = part.get("message")
    if not isinstance(name, str) or name not in BLOCKS:
        reason = f"unknown message {repr(name)[:80]}; known: {', '.join(sorted(BLOCKS))}"
        return None, (Refused(reason, *_identity(part), cause=Cause.UNKNOWN_MESSAGE),)
    model = BLOCKS[name]
    try:
        # JSON mode, so that base64 is decoded as it is on the fast path.
        block, left_out = forgiving.read(
            model, part, lambda given: model.model_validate_json(_dump(given))
        )
    except ValidationError as error:
        return None, (Refused(f"{name}.{explain(error)}"[:500], *_identity(part)),)
    return block, tuple(Refused(told, *_identity(part), partly=True) for told in left_out)


def explain(error: ValidationError) -> str:
    """Return a validation error as one short sentence that names the fields."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = [f"{'.'.join(str(part) for part in e['loc'][-3:])}: {e['msg']}" for e in found[:3]]
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return ("; ".join(said) + more)[:500]


def _dump(part: Mapping[str, Any]) -> bytes:
    from pydantic_core import to_json

    return to_json(part)


def _identity(part: dict[str, Any]) -> tuple[str | None, str | None, int | None, int | None]:
    def text(name: str) -> str | None:
        value = part.get(name)
        return value[:63] if isinstance(value, str) else None

    def number(name: str, default: int | None) -> int | None:
        value = part.get(name, default)
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
        return value if whole else None

    return text("message"), text("device"), number("boot", 0), number("seq", None)
