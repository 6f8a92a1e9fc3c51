"""Takes a device's MQTT message apart: our own blocks, or plain JSON; whose it is, or why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from contract import batch
from contract.batch import Refused
from contract.event import EventBlock
from contract.message import Block
from edge.sensors.plain import NotPlainError, call_in, is_plain, named, read_plain
from edge.sensors.reading import Illegible, objects, text_of
from edge.way import DIRECT, Delivery, Way

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Measured:
    """A block, and what its device says of its number and its time."""

    block: Block
    numbered: bool
    """Its device counts its own blocks."""
    timed: bool = True
    """The time is the device's own, and not that of its arrival."""

    def way(self, delivery: Delivery = DIRECT) -> Way:
        """Return how it came, by this delivery."""
        return Way(self.numbered, self.timed, delivery=delivery)


Read = tuple[Sequence[Measured], Sequence[Refused]]


def read(payload: bytes, device: str | None, now_ns: int) -> Read:
    """Return the blocks in a payload, and what had to be refused or left out. Never raises.

    Parameters
    ----------
    device
        Whose topic it came by, if the topic says. A payload that speaks for another is refused.
    """
    good: list[Measured] = []
    bad: list[Refused] = []
    for entry in objects(payload, is_plain):
        if isinstance(entry, Illegible):
            bad.append(Refused(entry.reason, device=device))
            continue
        raw = named(entry)
        measured, refused = _ours(raw, device) if "message" in raw else _plain(raw, device, now_ns)
        good += measured
        bad += refused
    if not good and bad and device is not None and len(payload) <= batch.MAX_PAYLOAD_BYTES:
        good += _call(payload, device, now_ns)
        bad = [*bad, *_told_of_call(good, device)]
    return good, bad


def _call(payload: bytes, device: str, now_ns: int) -> Iterator[Measured]:
    """Yield the call for help in a payload that could not be read."""
    press = call_in(text_of(payload))
    if press is not None:
        block = EventBlock(device=device, seq=0, t0_ns=max(0, now_ns), event=press)
        yield Measured(block, numbered=False, timed=False)


def _told_of_call(good: Sequence[Measured], device: str) -> Iterator[Refused]:
    if good:
        told = "a call for help in a message that is broken: it is taken as one"
        yield Refused(told, device=device, partly=True)


def _ours(raw: dict[str, Any], device: str | None) -> Read:
    _batch, blocks, refused = batch.read(to_json(raw))
    good: list[Measured] = []
    bad = [
        r if r.device or not device else Refused(r.reason, r.block, device, partly=r.partly)
        for r in refused
    ]
    for block in blocks:
        if device is not None and block.device != device:
            bad.append(_speaks_for_another(device, block.device))
        else:
            good.append(Measured(block, numbered=True))
    return good, bad


def _plain(raw: dict[str, Any], device: str | None, now_ns: int) -> Read:
    said = raw.get("device")
    claimed = said.strip().lower() if isinstance(said, str) else None
    if claimed is not None and _IDENTIFIER.fullmatch(claimed) is None:
        claimed = None
    odd = said is not None and claimed is None and device is not None
    claimed = claimed or device
    if claimed is None:
        return (), (Refused("which device? neither topic nor payload says", device=device),)
    if device is not None and claimed != device:
        return (), (_speaks_for_another(device, claimed),)
    try:
        found = read_plain(raw, claimed, now_ns)
    except NotPlainError as error:
        return (), (Refused(str(error)[:500], device=claimed),)
    left_out = [*found.left_out, *(["device is left out: it is no device's id"] if odd else [])]
    told = tuple(Refused(each, device=claimed, partly=True) for each in left_out)
    return (Measured(found.block, found.numbered, found.timed),), told


def _speaks_for_another(device: str, claimed: str) -> Refused:
    return Refused(f'the topic is of "{device}", the payload of "{claimed[:63]}"', device=device)
