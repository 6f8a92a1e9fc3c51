"""A block in a few numbers: what history keeps for months, when the samples are long gone. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from contract.door import DoorBlock
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.message import Block
from contract.reads import ReadsBlock
from contract.tracks import TracksBlock
from detectors.dsp.samples import accel_g, magnitude_g

Number = float | int


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of history: what was measured by whom, when, in numbers."""

    measurement: str
    device: str
    t_ns: int
    fields: dict[str, Number]
    tag: str = ""
    """What else the row is told by: the event's or detection's name."""


def summarise(block: Block) -> Summary:
    """Return a block's summary.

    >>> block = ImuBlock(device="belt-1", seq=0, t0_ns=5, odr_hz=50, accel_g=((0, 0, 1.0),))
    >>> summarise(block).fields
    {'samples': 1, 'min_g': 1.0, 'max_g': 1.0, 'mean_g': 1.0}
    """
    match block:
        case ImuBlock():
            return Summary("imu", block.device, block.t0_ns, _imu_fields(block))
        case ReadsBlock():
            tags = len({read.tag for read in block.reads})
            fields: dict[str, Number] = {"reads": len(block.reads), "badges": tags}
            return Summary("reads", block.device, block.t0_ns, fields)
        case TracksBlock():
            most = max(len(frame.tracks) for frame in block.frames)
            fields = {"frames": len(block.frames), "most_tracks": most}
            return Summary("tracks", block.device, block.t0_ns, fields)
        case EventBlock():
            return Summary("event", block.device, block.t0_ns, {"count": 1}, block.event)
        case DoorBlock():
            refused = sum(not event.granted for event in block.events)
            fields = {"events": len(block.events), "refused": refused}
            return Summary("door", block.device, block.t0_ns, fields)
        case _:
            return Summary("block", block.device, block.t0_ns, {"count": 1}, block.message)


def _imu_fields(block: ImuBlock) -> dict[str, Number]:
    magnitude = magnitude_g(accel_g(block))
    fields: dict[str, Number] = {
        "samples": block.count,
        "min_g": round(float(magnitude.min()), 4),
        "max_g": round(float(magnitude.max()), 4),
        "mean_g": round(float(magnitude.mean()), 4),
    }
    if block.battery is not None:
        fields["battery"] = block.battery
    return fields
