"""In which order a reader says what it heard.

A report has a line a tag and antenna, antenna after antenna. So times go back between lines, and
some lines wait for a later report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.plant.channel import Channel
from simulators.plant.hearing import Array, Floats, Heard, Ints


@dataclass(frozen=True, slots=True)
class Lines:
    """Reads in the order in which each reader reported them, with when it did."""

    tag: Ints
    antenna: Ints
    at_s: NDArray[np.float64]
    rssi_dbm: Floats
    told_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.tag)


def lines(channel: Channel, array: Array, heard: list[Heard], rng: np.random.Generator) -> Lines:
    """Return what is reported of everything that was heard.

    A report has one line for each tag and antenna: the latest of the reads since the one before.
    """
    tag = np.concatenate([h.tag for h in heard])
    antenna = np.concatenate([h.antenna for h in heard])
    at_s = np.concatenate([h.at_s for h in heard])
    rssi_dbm = np.concatenate([h.rssi_dbm for h in heard])
    reader = array.reader[antenna]
    phase = rng.random(int(array.reader.max()) + 1)
    number = np.floor(at_s / channel.report_s + phase[reader]).astype(np.int64)
    order = np.lexsort((at_s, antenna, tag, number))
    same = (
        (np.diff(number[order]) == 0) & (np.diff(tag[order]) == 0) & (np.diff(antenna[order]) == 0)
    )
    kept = order[np.append(~same, True)] if len(order) else order
    tag, antenna, at_s, rssi_dbm = tag[kept], antenna[kept], at_s[kept], rssi_dbm[kept]
    reader, number = reader[kept], number[kept]
    held = rng.random(len(kept)) < channel.held_share
    waits = np.where(held, rng.exponential(max(channel.held_s, 1e-9), len(kept)), 0.0)
    number = number + np.ceil(waits / channel.report_s).astype(np.int64)
    told_s = (number + 1 - phase[reader]) * channel.report_s
    order = np.lexsort((at_s, tag, antenna, told_s))
    return Lines(tag[order], antenna[order], at_s[order], rssi_dbm[order], told_s[order])
