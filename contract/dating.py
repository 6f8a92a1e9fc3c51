"""Puts a block where its time can be true, and keeps what its device said. See `contract.moment`.

Blocks of one device keep their distance from each other: a series of samples whose clock is wrong
is moved as one, so that no detector sees a gap where there is none.
"""

from __future__ import annotations

from typing import Protocol

from contract.door import DoorBlock
from contract.imu import ImuBlock
from contract.instants import ns
from contract.message import Block
from contract.moment import Moment, moment
from contract.reads import ReadsBlock
from contract.tracks import TracksBlock

DRIFT_NS = ns(5)
"""A series that is moved may lag so much behind its arrival before it is moved anew …"""
EARLY_NS = ns(1)
"""… and be so much ahead of it."""
SAID_EVERY_NS = ns(60)
"""How often it is told of one device that its clock is not believed."""


class Tell(Protocol):
    """Where it is told what was refused, or not believed."""

    def __call__(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        """Tell of a piece of input; `partly` if the rest of it was taken."""


class Dating:
    """What clocks were off by. For one thread.

    Parameters
    ----------
    tell
        Is told of a clock that is not believed, once a minute of each device.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._off_ns: dict[tuple[str, str], int] = {}
        self._told_ns: dict[str, int] = {}

    def can_be_true(self, block: Block, arrived_ns: int) -> bool:
        """Whether all of a block can have been when its device says."""
        return all(moment(t_ns, arrived_ns).said_ns is None for t_ns in (block.t0_ns, block.end_ns))

    def dated(self, block: Block, arrived_ns: int, *, stands: bool = False) -> Block:
        """Return the block at a time that can be true.

        Parameters
        ----------
        stands
            The device's clock said the same of another block, so it stands, or was reset.
        """
        if not stands and self.can_be_true(block, arrived_ns):
            return block
        if isinstance(block, ReadsBlock | DoorBlock):
            return self._each_dated(block, arrived_ns)
        name = (block.message, block.device)
        off_ns = self._off_ns.get(name)
        lag_ns = None if off_ns is None else arrived_ns - (block.end_ns - off_ns)
        series = isinstance(block, ImuBlock | TracksBlock)
        if off_ns is None or lag_ns is None or not (series and -EARLY_NS <= lag_ns <= DRIFT_NS):
            off_ns = self._off_ns[name] = block.end_ns - arrived_ns
        self._say(block.device, stands, Moment(arrived_ns, arrived_ns + off_ns), arrived_ns)
        return moved(block, -off_ns)

    def _each_dated(self, block: ReadsBlock | DoorBlock, arrived_ns: int) -> Block:
        name = "reads" if isinstance(block, ReadsBlock) else "events"
        parts = getattr(block, name)
        moments = [moment(part.t_ns, arrived_ns) for part in parts]
        doubted = next((each for each in moments if each.said_ns is not None), None)
        if doubted is not None:
            self._say(block.device, False, doubted, arrived_ns)
        at = [
            part.model_copy(update={"t_ns": each.at_ns})
            for part, each in zip(parts, moments, strict=True)
        ]
        t0_ns = min((part.t_ns for part in at), default=arrived_ns)
        return block.model_copy(update={name: tuple(at), "t0_ns": t0_ns, "said_ns": block.t0_ns})

    def _say(self, device: str, stands: bool, at: Moment, now_ns: int) -> None:
        if not 0 <= now_ns - self._told_ns.get(device, -SAID_EVERY_NS) < SAID_EVERY_NS:
            self._told_ns[device] = now_ns
            told = "its clock says the same again: the time of arrival is taken"
            self._tell(device, told if stands else at.doubt or told, partly=True)


def moved(block: Block, by_ns: int) -> Block:
    """Return a block with all its times moved, and what its device had said of the first."""
    update: dict[str, object] = {
        "t0_ns": max(0, block.t0_ns + by_ns),
        "said_ns": block.t0_ns if block.said_ns is None else block.said_ns,
    }
    if isinstance(block, TracksBlock):
        update["frames"] = tuple(
            frame.model_copy(update={"t_ns": max(0, frame.t_ns + by_ns)}) for frame in block.frames
        )
    return block.model_copy(update=update)
