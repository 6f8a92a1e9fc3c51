"""What holds at a zone, or of an evacuation, after people and devices have spoken: one table.

A person's word (`SPEAKER`, what was set in the backend) holds until the next person's. A device can
only make things more dangerous than that, by something it says later, and take back its own word.

| stands | then | holds |
|---|---|---|
| the file, or a person: locked_out | a PLC, later: energised | energised |
| that | the same PLC: locked_out | locked_out: it took its own word back |
| that | a person, later: locked_out | locked_out: whoever holds the lock knows |
| the file, or a person: energised | a PLC: locked_out | energised |
| a person: locked_out | a PLC's energised of before, which arrives late | locked_out |
| nothing, or a person's end | a device that `evacuates`, later: begins | it stands |
| a person's evacuation | a device begins another | both: the zones of either |
| a device's evacuation | a person, later, orders one | the person's, of the zones that they name |
| an evacuation of anybody | a device ends it | it stands |
| an evacuation of anybody | a person ends it | it is over |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from contract.report import SPEAKER, Standing
from contract.zonestate import EnergyState, EvacuationBlock, ZoneStateBlock

DANGER: Mapping[EnergyState, int] = {"locked_out": 0, "maintenance": 1, "energised": 2}
"""In maintenance parts may run; only a lock takes the energy away."""


class Word(NamedTuple):
    """What a speaker said last of a zone's state."""

    speaker: str
    t0_ns: int
    state: EnergyState


class Call(NamedTuple):
    """What a speaker said last of an evacuation."""

    speaker: str
    t0_ns: int
    on: bool
    zones: tuple[str, ...] = ()
    """None stands for all but the assembly points."""


T = TypeVar("T", Word, Call)


def state_that_holds(declared: EnergyState, words: Iterable[Word]) -> Word | None:
    """Return whose word holds of each speaker's newest; None while the site file's does.

    >>> state_that_holds("locked_out", [Word("plc-1", 5, "energised")])
    Word(speaker='plc-1', t0_ns=5, state='energised')
    >>> state_that_holds("energised", [Word("plc-1", 5, "locked_out")]) is None
    True
    """
    persons, devices = _apart(words)
    holding = persons
    danger = DANGER[persons.state if persons else declared]
    for word in devices:
        later = persons is None or word.t0_ns > persons.t0_ns
        if later and DANGER[word.state] > danger:
            holding, danger = word, DANGER[word.state]
    return holding


def evacuation_that_holds(calls: Iterable[Call]) -> Call | None:
    """Return the call that holds of each speaker's newest, with the zones of all that stand.

    >>> evacuation_that_holds([Call("backend", 9, False), Call("plc-1", 5, True)]).on
    False
    """
    persons, devices = _apart(calls)
    begun = [c for c in devices if c.on and (persons is None or c.t0_ns > persons.t0_ns)]
    standing = [persons, *begun] if persons is not None and persons.on else begun
    if not standing:
        return persons
    everywhere = any(not call.zones for call in standing)
    zones = () if everywhere else tuple(sorted({z for call in standing for z in call.zones}))
    return standing[0]._replace(zones=zones)


def words_of(blocks: Iterable[Standing], zone: str) -> Sequence[Word]:
    """Return what blocks say of a zone's state."""
    return [
        Word(block.device, block.t0_ns, block.state)
        for block in blocks
        if isinstance(block, ZoneStateBlock) and block.zone == zone
    ]


def calls_of(blocks: Iterable[Standing]) -> Sequence[Call]:
    """Return what blocks say of evacuations."""
    return [
        Call(block.device, block.t0_ns, block.on, block.zones)
        for block in blocks
        if isinstance(block, EvacuationBlock)
    ]


def _apart(said: Iterable[T]) -> tuple[T | None, list[T]]:
    """Return the person's word, and those of devices, oldest first."""
    persons: T | None = None
    devices: list[T] = []
    for each in said:
        if each.speaker == SPEAKER:
            persons = each
        else:
            devices.append(each)
    return persons, sorted(devices, key=lambda each: (each.t0_ns, each.speaker))
