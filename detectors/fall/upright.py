"""Which way was up before a fall. Somebody on the floor must not teach it anew."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detectors.fall.aftermath import UP_FOR_S, Aftermath
from detectors.fall.stream import BIN_S, Bin


@dataclass(frozen=True, slots=True)
class Upright:
    """The vertical of somebody who fell: it holds until they are up again.

    Without it whoever lies for ten seconds and gets up would fall a second time: lying would be
    taken for upright, and standing for a fall.
    """

    up: tuple[float, float, float]
    until: int | None = None
    """Number of the bin in which they were up again, or no longer watched; None while down."""

    def holds(self, number: int) -> bool:
        """Whether an impact in bin `number` is to be seen against this vertical."""
        return self.until is None or number <= self.until

    @property
    def learns_from(self) -> int:
        """The first bin of standing, from which the vertical may be learnt again."""
        return 0 if self.until is None else self.until - round(UP_FOR_S / BIN_S)

    def after(
        self, aftermath: Aftermath | None, bins: tuple[Bin, ...], steps_s: tuple[float, ...]
    ) -> Upright:
        """Return the same after some more bins, in one of which the watch may have ended."""
        if self.until is not None:
            return self
        for part in bins:
            if aftermath is None:
                return replace(self, until=part.number)
            aftermath, _ = aftermath.after(part, steps_s)
            if aftermath is None:
                return replace(self, until=part.number)
        return self
