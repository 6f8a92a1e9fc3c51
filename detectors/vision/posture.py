"""How somebody holds themselves, and whether they went down: from one sighting to the next.

| from | a look shows | to |
|---|---|---|
| – | a trunk that is upright | up |
| up | lying, and lower than when up | down, and how fast it went is known |
| – | lying | down, never seen upright |
| down | upright again, for `UP_LOOKS` looks in a row | up |
| down | neither, or nothing | down |

Somebody who went down and is not seen any more is down: the model finds a person who stands in
nearly every frame, and one who lies in some.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp
from typing import Literal, NamedTuple

from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds
from contract.polygon import Point
from detectors.vision.sighting import Sighting

Look = Literal["up", "down", "between"]

UP_ASPECT, UP_TILT_DEG = 0.85, 40.0
"""Who stands or sits is higher than wide, and the trunk is upright."""
DOWN_ASPECT, DOWN_TILT_DEG, BENT_ASPECT = 1.0, 55.0, 0.8
"""Who lies is wider than high, or the trunk is nearer to the floor than to the vertical and the
box is not that of somebody who bends over standing legs."""
FLAT_HEIGHT, LOW_TOP = 0.7, 0.25
"""Down, in heights of the same person when up: no higher than this, and the top so much lower."""
REFERENCE_S = 2.0
"""How long the mean reaches back that says how somebody looks when up: so slow that who lies down
leaves it behind, so fast that who walks away does not."""
SUNK = 0.35
"""How fast somebody goes down is timed over this much of their height …"""
TRACE_NS, TRACE_STEP_NS = ns(5.0), ns(0.1)
"""… within so long. Whoever sits down, rests, and then lies down takes longer."""
SINKING, SINKING_NS = 0.15, ns(1.0)
"""Lower by so much within so long before they lie: seen on the way down."""
UP_LOOKS = 3
MOVED_HEIGHTS = 0.25
"""A box of somebody who lies still jitters by less than this."""


class Upright(NamedTuple):
    """Somebody as they were when up."""

    top_px: float
    height_px: float
    last_ns: int
    looks: int = 1


class Trace(NamedTuple):
    """Where somebody's box was a moment ago."""

    t_ns: int
    top_px: float
    height_px: float


class Down(NamedTuple):
    """Somebody who lies."""

    from_ns: int | None
    """When they were last seen upright, or began to sink; None: they never were up."""
    first_ns: int
    last_ns: int
    """The first and the latest look that shows them lying."""
    looks: int = 1
    others: int = 0
    """Looks since then that show neither."""
    sinking: int = 0
    """Looks before, a tenth of a second apart, that show them on the way down."""
    ups: int = 0
    """Looks in a row that show them up."""
    fell_s: float | None = None
    """How long it took them to sink by `SUNK`, where that was fastest."""
    tilt_deg: float = 0.0
    aspect: float = 0.0
    drop: float = 0.0
    """How far the top of the box fell, in heights."""
    height: float = 1.0
    """The least height that their box had, in their height when up."""
    rest_ns: int = 0
    """Since when they have not moved by more than `MOVED_HEIGHTS`."""
    rest_px: Point = (0.0, 0.0)
    told: DetectionKind | None = None
    """The kind of detection that was told of it; None while nothing was."""
    still: bool = False
    """That they do not move was told, of this stillness."""
    track: str = ""
    """What the camera called them when they went down. It names them in what is told, whatever they
    are called later: a gateway that is started anew sees the same look, not who came before it."""


@dataclass(frozen=True, slots=True)
class Posture:
    """How one person holds themselves now, and what led to it."""

    upright: Upright | None = None
    down: Down | None = None
    risen: Down | None = None
    """The lying that ended at the last look: they got up."""
    trace: tuple[Trace, ...] = ()
    """The last seconds, a tenth of a second apart."""

    def seen(self, at: Sighting, track: str) -> Posture:
        """Return the posture after another look at somebody whom the camera calls `track` now."""
        posture = self.after(at)
        down = posture.down
        if down is None or down.track:
            return posture
        return replace(posture, down=down._replace(track=track))

    def after(self, at: Sighting) -> Posture:
        """Return the posture after another look."""
        posture = self._judged(at)
        down = posture.down
        if down is not None and down.last_ns == at.t_ns:
            down = self._timed(down, at)
        return replace(posture, down=down, trace=self._traced(at))

    def _judged(self, at: Sighting) -> Posture:
        look = self.look(at)
        if self.down is None:
            if look == "up":
                return Posture(self._reference(at))
            if look == "down":
                return Posture(self.upright, self._went_down(at))
            return replace(self, risen=None)
        down = self.down
        if look == "up":
            down = down._replace(ups=down.ups + 1)
            if down.ups >= UP_LOOKS:
                return Posture(Upright(at.top_px, at.height_px, at.t_ns), None, self.down)
            return replace(self, down=down)
        if look == "down":
            moved = at.away(down.rest_px) > MOVED_HEIGHTS * self._size(at)
            down = down._replace(
                last_ns=at.t_ns,
                rest_ns=at.t_ns if moved else down.rest_ns,
                rest_px=at.foot_px if moved else down.rest_px,
                still=down.still and not moved,
                looks=down.looks + 1,
                ups=0,
                tilt_deg=max(down.tilt_deg, at.tilt_deg or 0.0),
                aspect=max(down.aspect, at.aspect),
                drop=max(down.drop, self._drop(at)),
                height=min(down.height, self._height(at)),
            )
        else:
            down = down._replace(others=down.others + 1, ups=0)
        return replace(self, down=down, risen=None)

    def look(self, at: Sighting) -> Look:
        """Return what one sighting shows, given how the person looked when up."""
        tilt = at.tilt_deg
        leans = tilt is not None and tilt >= DOWN_TILT_DEG and at.aspect >= BENT_ASPECT
        flat = at.aspect >= DOWN_ASPECT or leans
        if flat and self._is_low(at):
            return "down"
        straight = at.aspect <= UP_ASPECT and (tilt is None or tilt <= UP_TILT_DEG)
        return "up" if straight and not self._is_low(at, certain=False) else "between"

    def _timed(self, down: Down, at: Sighting) -> Down:
        """Return how fast they went down. What was told keeps its onset: a claim is known by it."""
        if down.told or down.from_ns is None:
            return down
        since_ns = self._sank_since(at)
        if since_ns is None:
            return down
        took_s = seconds(at.t_ns - since_ns)
        if down.fell_s is not None and took_s >= down.fell_s:
            return down
        return down._replace(fell_s=took_s, from_ns=min(since_ns, down.first_ns))

    def _sank_since(self, at: Sighting) -> int | None:
        """Return when they were last higher by `SUNK` than they are, by top or by height."""
        assert self.upright is not None
        sunk_px = SUNK * self.upright.height_px
        for was in reversed(self.trace):
            if was.top_px <= at.top_px - sunk_px or was.height_px >= at.height_px + sunk_px:
                return was.t_ns
        return None

    def _sinking(self, at: Sighting) -> int:
        """Return in how many looks of late they were lower than when up."""
        assert self.upright is not None
        lower_px = self.upright.top_px + SINKING * self.upright.height_px
        late = (was for was in self.trace if at.t_ns - was.t_ns <= SINKING_NS)
        return sum(was.top_px >= lower_px for was in late)

    def _traced(self, at: Sighting) -> tuple[Trace, ...]:
        if self.trace and at.t_ns - self.trace[-1].t_ns < TRACE_STEP_NS:
            return self.trace
        kept = tuple(was for was in self.trace if at.t_ns - was.t_ns <= TRACE_NS)
        return (*kept, Trace(at.t_ns, at.top_px, at.height_px))

    def _size(self, at: Sighting) -> float:
        if self.upright is not None:
            return self.upright.height_px
        return max(at.height_px, at.height_px * at.aspect)

    def _is_low(self, at: Sighting, *, certain: bool = True) -> bool:
        if self.upright is None:
            return certain and at.aspect >= DOWN_ASPECT
        if certain:
            return self._drop(at) >= LOW_TOP or at.height_px <= FLAT_HEIGHT * self.upright.height_px
        return self._drop(at) >= LOW_TOP and at.height_px <= FLAT_HEIGHT * self.upright.height_px

    def _drop(self, at: Sighting) -> float:
        if self.upright is None:
            return 0.0
        return (at.top_px - self.upright.top_px) / self.upright.height_px

    def _height(self, at: Sighting) -> float:
        return 1.0 if self.upright is None else at.height_px / self.upright.height_px

    def _reference(self, at: Sighting) -> Upright:
        was = self.upright
        if was is None:
            return Upright(at.top_px, at.height_px, at.t_ns)
        w = 1 - exp(-max(0.0, seconds(at.t_ns - was.last_ns)) / REFERENCE_S)
        return Upright(
            (1 - w) * was.top_px + w * at.top_px,
            (1 - w) * was.height_px + w * at.height_px,
            at.t_ns,
            was.looks + 1,
        )

    def _went_down(self, at: Sighting) -> Down:
        known = self.upright is not None and self.upright.looks >= UP_LOOKS
        return Down(
            self.upright.last_ns if self.upright is not None and known else None,
            at.t_ns,
            at.t_ns,
            rest_ns=at.t_ns,
            rest_px=at.foot_px,
            sinking=self._sinking(at) if known else 0,
            tilt_deg=at.tilt_deg or 0.0,
            aspect=at.aspect,
            drop=self._drop(at),
            height=self._height(at),
        )
