"""A blow that may be the impact of a fall, with the seconds around it: what the model judges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from contract.imu import ImuBlock
from detectors.dsp.samples import FloatArray, magnitude_g
from detectors.fall.lookout import Lookout
from detectors.fall.model import CONTEXT_S, LATE, Stage
from detectors.fall.stream import Stream
from detectors.fall.trigger import TRIGGER_G

RAIL = 0.995
"""From this share of its full scale on a sensor is taken to clip: their rails are not exact."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """The samples from `CONTEXT_S` before a peak to as long after it as the stage looks.

    There is less before it where the stream began later.
    """

    accel: FloatArray = field(repr=False)
    """Shape (n, 3), in g, evenly spaced; NaN where nothing was measured."""
    odr_hz: float
    peak: int
    """Index of the peak in `accel`."""
    peak_ns: int
    range_g: float = 0.0
    """Full scale of the sensor, 0 where it is not known."""

    @property
    def peak_g(self) -> float:
        """How hard the blow was, as far as the sensor could tell."""
        return float(magnitude_g(self.accel[self.peak : self.peak + 1])[0])

    @property
    def missing_s(self) -> float:
        """How much of it was not measured."""
        return int(np.isnan(self.accel[:, 0]).sum()) / self.odr_hz

    @property
    def clipped(self) -> int:
        """How many samples sit at the sensor's rail."""
        if not self.range_g:
            return 0
        return int((np.abs(self.accel) >= RAIL * self.range_g).any(axis=1).sum())

    @property
    def judgeable(self) -> bool:
        """Whether at least half of what followed the blow was measured."""
        after = self.accel[self.peak + 1 :, 0]
        return 2 * int(np.isnan(after).sum()) <= len(after)

    @property
    def hardest(self) -> int:
        """Index of the hardest blow from the peak on; the peak itself unless a harder one came."""
        magnitude = magnitude_g(self.accel[self.peak :])
        return self.peak + int(np.nanargmax(magnitude))

    @classmethod
    def seen(cls, stream: Stream, index: int, stage: Stage) -> Candidate:
        """Return the candidate with its peak at sample `index`; see `due`."""
        begin = max(stream.first, index - stream.samples(CONTEXT_S))
        end = due(stream, index, stage)
        return cls(
            accel=stream.window(begin, end),
            odr_hz=stream.odr_hz,
            peak=index - begin,
            peak_ns=stream.t_ns(index),
            range_g=stream.range_g(begin, end),
        )


def due(stream: Stream, index: int, stage: Stage) -> int:
    """Return where the stream must end for a stage to look at the peak at sample `index`."""
    return index + math.ceil(stage.after_s * stream.odr_hz - 1e-6) + 1


def candidates(blocks: Iterable[ImuBlock], trigger_g: float = TRIGGER_G) -> Iterator[Candidate]:
    """Yield what the fall detector would show its model of one device's blocks, in their order.

    Each holds the seconds that the late stage looks at; the early one leaves out the end. A blow
    so near the end of the blocks that the late stage cannot look at it is left out.
    """
    lookout, waiting = Lookout(), list[int]()
    for block in blocks:
        lookout, moved = lookout.at_rate(block.odr_hz)
        if moved is not None:
            waiting = [moved(index) for index in waiting]
        for lookout, found in lookout.after(block, trigger_g):  # noqa: B020 - it takes the place
            waiting += found
            stream = lookout.stream
            while waiting and due(stream, waiting[0], LATE) <= stream.end:
                yield Candidate.seen(stream, waiting.pop(0), LATE)
