"""Makes blocks of what readers said: whose they are, and when it was. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from pydantic import ValidationError

from contract import spelling
from contract.batch import Refused, explain
from contract.door import DoorBlock, DoorEvent
from contract.moment import moment
from contract.reads import Read, ReadsBlock
from edge.sensors.devicemessage import Measured
from edge.sensors.heard import Gone, Heard, Part, Passed, Unread

MAX_IN_BLOCK = 1024


@dataclass(frozen=True)
class Names:
    """Which device of the site file a reader is."""

    reader: str | None = None
    """All that comes is of this device."""
    readers: Mapping[str, str] = field(default_factory=dict)
    """Devices by what they call themselves, as `contract.spelling` spells it."""

    def device(self, *called: str | None) -> str | None:
        """Return the device for the first name that there is, None without any.

        >>> Names(readers={"c4:7d:cc:00:00:01": "north"}).device(None, "C4:7D:CC:00:00:01")
        'north'
        >>> Names().device("Impinj-01.23")
        'impinj-01-23'
        """
        if self.reader is not None:
            return self.reader
        said = next((name for name in called if name), None)
        if said is None:
            return None
        return self.readers.get(spelling.tag(said)) or identifier(said)


def identifier(text: str) -> str | None:
    """Return a vendor's name as the site file may write it, None if nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-") or None


@dataclass(frozen=True)
class Intake:
    """Takes the parts of payloads in."""

    names: Names = Names()
    clock: Literal["reader", "agent"] = "reader"
    """Whose clock says when a tag was heard."""
    doors: Mapping[str, str] = field(default_factory=dict)

    def take(
        self, parts: Iterable[Part], called: str | None, now_ns: int, *, retained: bool = False
    ) -> tuple[Sequence[Measured], Sequence[Refused]]:
        """Return the blocks that parts make, and what was refused of them. Never raises.

        Parameters
        ----------
        called
            What the reader is called where the payload does not say: its topic's or path's name.
        retained
            The broker kept it for newcomers: without a time of its own it is not from now.
        """
        refused: list[Refused] = []
        reads: dict[str, list[Read]] = {}
        passed: dict[str, list[DoorEvent]] = {}
        for part in parts:
            device = self.names.device(part.reader, called)
            if isinstance(part, Unread):
                refused.append(Refused(part.reason, device=device, partly=part.partly))
                continue
            if isinstance(part, Gone):
                continue
            if device is None:
                refused.append(Refused('which reader? Nothing says: set "reader" in its table'))
                continue
            at = moment(None if self.clock == "agent" else part.t_ns, now_ns)
            t_ns, of_now = at.at_ns, part.t_ns is None or at.doubt is not None
            if at.doubt or (of_now and retained):
                told = at.doubt or "kept by the broker, without a time"
                refused.append(Refused(told, None, device, partly=not retained))
                if retained:
                    continue
            try:
                if isinstance(part, Heard):
                    reads.setdefault(device, []).append(_read(part, t_ns))
                else:
                    passed.setdefault(device, []).append(self._event(part, t_ns))
            except ValidationError as error:
                refused.append(Refused(explain(error), device=device))
        blocks = (*_reads_blocks(reads), *_door_blocks(passed))
        return tuple(Measured(block, numbered=False) for block in blocks), tuple(refused)

    def _event(self, part: Passed, t_ns: int) -> DoorEvent:
        door = self.doors.get(part.door) or identifier(part.door)
        given = {"door": door, "tag": part.tag, "granted": part.granted, "t_ns": t_ns}
        return DoorEvent.model_validate({**given, "direction": part.direction})


def _read(part: Heard, t_ns: int) -> Read:
    return Read(
        tag=part.tag,
        point=part.point,
        t_ns=t_ns,
        rssi_dbm=part.rssi_dbm,
        position_m=part.position_m,
        position_error_m=part.position_error_m,
    )


def _reads_blocks(reads: Mapping[str, Sequence[Read]]) -> Iterator[ReadsBlock]:
    for device, all_of in reads.items():
        rest = iter(all_of)
        while some := tuple(islice(rest, MAX_IN_BLOCK)):
            first_ns = min(read.t_ns for read in some)
            yield ReadsBlock(device=device, seq=0, t0_ns=first_ns, reads=some)


def _door_blocks(passed: Mapping[str, Sequence[DoorEvent]]) -> Iterator[DoorBlock]:
    for device, all_of in passed.items():
        rest = iter(all_of)
        while some := tuple(islice(rest, MAX_IN_BLOCK)):
            first_ns = min(event.t_ns for event in some)
            yield DoorBlock(device=device, seq=0, t0_ns=first_ns, events=some)
