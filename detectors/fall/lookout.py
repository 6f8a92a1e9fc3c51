"""Waits for an impact. While there is none it costs microseconds a block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from contract.imu import ImuBlock
from detectors.dsp.samples import magnitude_g
from detectors.fall.stream import Moved, Stream
from detectors.fall.trigger import peaks, reach


class Lookout(NamedTuple):
    """The stream, and how far it was searched for candidates."""

    stream: Stream = Stream()
    searched: int = 0
    """Every candidate before this index is known."""
    loud_until: int = 0
    """No sample from this index on reaches the trigger."""

    def after(self, block: ImuBlock, trigger_g: float) -> Sequence[Heard]:
        """Return the lookout after each piece of a block, and the candidates that it brought.

        The block's rate must be that of the stream.
        """
        worn = block.worn is not False
        steps: list[Heard] = [(self, ())]
        for stream in self.stream.pieces(block):
            steps.append(steps[-1][0]._heard(stream, worn, trigger_g))
        return steps[1:]

    def at_rate(self, odr_hz: float) -> tuple[Lookout, Moved | None]:
        """Return the lookout on another rate's grid, and where its indices went, if they did."""
        stream = self.stream.at_rate(odr_hz)
        if stream is self.stream:
            return self, None
        moved = Moved(self.stream, odr_hz) if self.stream.end else None
        if moved is None:
            return Lookout(stream), None
        return Lookout(stream, moved(self.searched), moved(self.loud_until)), moved

    def _heard(self, stream: Stream, worn: bool, trigger_g: float) -> Heard:
        searched, loud_until = self.searched, self.loud_until
        found: tuple[int, ...] = ()
        if worn and stream.chunks[-1].reaches(trigger_g):
            start = stream.chunks[-1].start
            if searched < loud_until and start - self.stream.end > reach(stream.odr_hz):
                # A gap may be a year long, when a clock was set: nobody searches through that.
                searched, found = _searched(stream, searched, loud_until, trigger_g)
            if searched >= loud_until:
                searched = max(searched, start)
            loud_until = stream.end
        if searched < loud_until:
            searched, more = _searched(stream, searched, loud_until, trigger_g)
            found += more
        return Lookout(stream, searched, loud_until), found


def _searched(
    stream: Stream, searched: int, loud_until: int, trigger_g: float
) -> tuple[int, tuple[int, ...]]:
    """Return up to where candidates are known now, and which there are since `searched`."""
    wide = reach(stream.odr_hz)
    end = min(stream.end, loud_until + wide)
    until = end - wide
    if until <= searched:
        return searched, ()
    begin = max(stream.first, searched - wide)
    at = peaks(magnitude_g(stream.window(begin, end)), stream.odr_hz, trigger_g) + begin
    return until, tuple(at[(at >= searched) & (at < until)].tolist())


Heard = tuple[Lookout, tuple[int, ...]]
