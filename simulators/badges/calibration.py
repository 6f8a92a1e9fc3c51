"""From labelled walking to the site file's `[[hearing]]` tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from contract.hearing import Hearing
from contract.instants import NS_PER_S
from contract.reads import Read

STEP_DB = 2
PAUSE_NS = 5 * NS_PER_S
"""A longer silence is no walking: the label was put somewhere else meanwhile."""


class Labelled(NamedTuple):
    """A read of a badge of which somebody said in which zone it was."""

    zone: str
    reader: str
    point: str
    t_ns: int
    rssi_dbm: float | None

    @classmethod
    def of(cls, zone: str, reader: str, read: Read) -> Labelled:
        """Return a read with its label."""
        return cls(zone, reader, read.point, read.t_ns, read.rssi_dbm)


def hearings(labelled: Iterable[Labelled]) -> tuple[Hearing, ...]:
    """Return one table for each antenna that was heard in each zone, in order of their names."""
    levels: dict[tuple[str, str, str], list[float | None]] = defaultdict(list)
    times: dict[str, list[int]] = defaultdict(list)
    for each in labelled:
        levels[each.zone, each.reader, each.point].append(each.rssi_dbm)
        times[each.zone].append(each.t_ns)
    lasted_s = {zone: _walked_s(sorted(at)) for zone, at in times.items()}
    return tuple(
        _hearing(zone, reader, point, lasted_s[zone], heard)
        for (zone, reader, point), heard in sorted(levels.items())
    )


def _walked_s(times: list[int]) -> float:
    gaps = [after - before for before, after in pairwise(times)]
    return max(sum(gap for gap in gaps if gap <= PAUSE_NS) / NS_PER_S, 1.0)


def _hearing(
    zone: str, reader: str, point: str, seconds: float, heard: list[float | None]
) -> Hearing:
    told = [round(level) for level in heard if level is not None]
    lowest = min(told, default=-100) // STEP_DB * STEP_DB
    counts = [0] * ((max(told, default=lowest) - lowest) // STEP_DB + 1 if told else 0)
    for level in told:
        counts[(level - lowest) // STEP_DB] += 1
    return Hearing(
        reader=reader,
        point=point,
        zone=zone,
        seconds=round(seconds, 1),
        reads=len(heard),
        from_dbm=lowest,
        step_db=STEP_DB,
        counts=tuple(counts),
    )
