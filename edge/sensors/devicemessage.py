"""Takes a device's MQTT message apart: our own blocks, or plain JSON; whose it is, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from contract import batch
from contract.batch import MAX_PAYLOAD_BYTES, Refused
from contract.message import Block
from edge.sensors.plain import NotPlainError, read_plain


@dataclass(frozen=True)
class Measured:
    """A block, and whether its device counts its own blocks."""

    block: Block
    numbered: bool


def read(
    payload: bytes, device: str | None, now_ns: int, *, retained: bool = False
) -> tuple[Sequence[Measured], Sequence[Refused]]:
    """Return the blocks in a payload, and what had to be refused of it. Never raises.

    Parameters
    ----------
    device
        Whose topic it came by, if the topic says. A payload that speaks for another is refused.
    retained
        The broker kept it for newcomers. Without a number nobody could tell that it is old.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        reason = f"{len(payload)} bytes in one publish; at most {MAX_PAYLOAD_BYTES} are read"
        return (), (Refused(reason, device=device),)
    try:
        raw = from_json(payload, allow_inf_nan=False)
    except (ValueError, RecursionError) as error:
        return (), (Refused(f"not JSON: {error}", device=device),)
    if not isinstance(raw, dict):
        reason = f"a JSON object is wanted, not {type(raw).__name__}"
        return (), (Refused(reason, device=device),)
    if "message" in raw:
        return _ours(payload, device)
    return _plain(raw, device, now_ns, retained)


def _ours(payload: bytes, device: str | None) -> tuple[Sequence[Measured], Sequence[Refused]]:
    _batch, blocks, refused = batch.read(payload)
    good: list[Measured] = []
    bad = [r if r.device or not device else Refused(r.reason, r.block, device) for r in refused]
    for block in blocks:
        if device is not None and block.device != device:
            bad.append(_speaks_for_another(device, block.device))
        else:
            good.append(Measured(block, numbered=True))
    return good, bad


def _plain(
    raw: dict[str, Any], device: str | None, now_ns: int, retained: bool
) -> tuple[Sequence[Measured], Sequence[Refused]]:
    claimed = raw.get("device", device)
    numbered = "seq" in raw
    if not isinstance(claimed, str):
        return (), (Refused("which device? neither topic nor payload says", device=device),)
    if device is not None and claimed != device:
        return (), (_speaks_for_another(device, claimed),)
    if retained and not numbered:
        reason = "a retained message without seq: it may be old, and nobody could tell"
        return (), (Refused(reason, device=claimed),)
    try:
        return (Measured(read_plain(raw, claimed, now_ns), numbered),), ()
    except NotPlainError as error:
        return (), (Refused(str(error), device=claimed),)


def _speaks_for_another(device: str, claimed: str) -> Refused:
    return Refused(f'the topic is of "{device}", the payload of "{claimed[:63]}"', device=device)
