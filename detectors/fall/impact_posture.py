"""A fall as an impact and, soon after, a body that is no longer upright."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from pydantic import Field

from contract.imu import ImuBlock
from contract.message import Message
from contract.site import Site
from detectors.detector import Detector
from detectors.dsp.samples import FloatArray
from detectors.fall.aftermath import STEPS_S, Aftermath
from detectors.fall.stream import PIECE_S, Bin, Stream
from detectors.fall.upright import Upright
from detectors.finding import Finding
from detectors.subject import Subject

FREE_FALL_G = 0.5
"""Below this nothing carries the body. Kangas' 0.6 g finds a fall's beginning, but walking down
stairs dips as low; a height is claimed from the stricter value."""
FREE_FALL_WITHIN_S = 1.5
FREE_FALL_ENDS_S = 0.4
"""A dip that ended longer before the impact belongs to an earlier stride, not to the fall."""
GRAVITY_M_S2 = 9.80665
GRAVITY_G = (0.7, 1.3)
"""Only a mean of about 1 g is gravity, and so says which way is down; in mid-jump none does."""


EARLY_S = (1.6, 0.3)
"""Where the vertical is looked for before the impact when there is no whole bin yet."""


@dataclass(frozen=True, slots=True)
class FallState:
    """The samples so far, how far they have been judged, and the fall that is being followed."""

    stream: Stream = field(default_factory=Stream)
    judged: int = 0
    """Every peak before this sample index has been judged."""
    over: int = -1
    """Index of the latest sample above the impact threshold."""
    quiet_until: int = 0
    """No second fall before this index: the body bounces."""
    aftermath: Aftermath | None = None
    upright: Upright | None = None
    """Which way was up before the last fall."""


@dataclass(frozen=True, slots=True)
class _Fall:
    index: int
    """Of the impact."""
    finding: Finding
    aftermath: Aftermath


class FallDetector(Detector[FallState]):
    """Impact and posture, in any orientation of the device.

    A peak of the signal vector magnitude that reaches `impact_g` and dominates `dominant_s` to both
    sides is an impact. It is a fall when the acceleration averaged over `posture_for_s`, beginning
    `posture_after_s` after the impact, has at most `upright_g` left along the direction that was up
    before: the mean over the ten seconds that end a second before the impact.

    References
    ----------
    Kangas M. et al., "Comparison of low-complexity fall detection algorithms for body attached
    accelerometers", Gait & Posture 28 (2008) 285-291: algorithm 1, impact and posture, with the
    total sum vector at 2.0 g and a vertical of at most 0.5 g averaged over 0.4 s. Two departures:
    the vertical is learned from the wearer instead of being an axis of the device, and posture is
    looked at 1.0 s after the impact instead of 2 s, because people who fall get up: on SisFall's 26
    subjects 1258 of 1275 falls against 1250, and 51 false alarms against 61
    (`floorwatch bench falls --what-if posture_after_s=2`).
    """

    kind: ClassVar[str] = "fall"
    accepts: ClassVar[tuple[type[Message], ...]] = (ImuBlock,)

    impact_g: float = Field(2.0, gt=1, le=16, description="Signal vector magnitude of an impact")
    dominant_s: float = Field(
        1.0, gt=0, le=1.4, description="No higher peak within this time to either side"
    )
    upright_g: float = Field(
        0.5, ge=-1, le=1, description="At most this along the former vertical: no longer upright"
    )
    posture_after_s: float = Field(1.0, ge=0, le=2, description="When posture is looked at")
    posture_for_s: float = Field(0.4, gt=0, le=0.5, description="How long posture is averaged")
    upright_from_s: float = Field(
        10.0, gt=1, le=11, description="The vertical is learned from this long before the impact"
    )
    upright_to_s: float = Field(1.0, ge=0, le=5, description="… until this long before it")
    rest_s: float = Field(3.0, ge=PIECE_S, description="After a fall, no second one for this long")
    still_steps_s: tuple[float, ...] = Field(
        STEPS_S, description="Stillness after a fall is reported when it has lasted this long"
    )

    def at(self, site: Site) -> FallDetector:
        """Report stillness at the moment that the site's severity asks about, too."""
        steps = tuple(sorted({*self.still_steps_s, site.severity.fall_still_s}))
        return self.model_copy(update={"still_steps_s": steps})

    def start(self, subject: Subject) -> FallState:
        """Return a wearer of whom nothing is known."""
        return FallState()

    def step(self, state: FallState, message: Message) -> tuple[FallState, tuple[Finding, ...]]:
        """Judge every peak whose posture is now known, then follow what came of the last fall."""
        assert isinstance(message, ImuBlock)
        found: list[Finding] = []
        state = _at_rate(state, message.odr_hz)
        for stream in state.stream.pieces(message):
            state = self._piece(state, stream, found)
        return state, tuple(found)

    def _settle(self, stream: Stream) -> int:
        """Return how many samples after a peak both its dominance and its posture are known."""
        posture = stream.samples(self.posture_after_s) + stream.samples(self.posture_for_s)
        return max(posture, stream.samples(self.dominant_s) + 1)

    def _piece(self, state: FallState, stream: Stream, found: list[Finding]) -> FallState:
        begun = state.stream.end
        peaks = np.flatnonzero(stream.magnitude[begun - stream.end :] >= self.impact_g)
        over = begun + int(peaks[-1]) if len(peaks) else state.over
        until = max(state.judged, stream.end - self._settle(stream))
        bins = stream.bins_since(begun)
        upright = state.upright
        if upright is not None:
            upright = upright.after(state.aftermath, bins, self.still_steps_s)
        fall = None
        if over >= state.judged and until > state.judged:
            fall = self._judge(stream, upright, max(state.judged, state.quiet_until), until)
        quiet_until = state.quiet_until
        if fall is not None:
            quiet_until = fall.index + stream.samples(self.rest_s)
            upright = Upright(fall.aftermath.upright_g)
        aftermath = self._follow(state.aftermath, bins, fall, found)
        return FallState(stream, until, over, quiet_until, aftermath, upright)

    def _judge(
        self, stream: Stream, upright: Upright | None, since: int, until: int
    ) -> _Fall | None:
        """Look at the peaks from `since` to `until`. A second or less holds at most one fall."""
        first, reach = stream.first, stream.samples(self.dominant_s)
        magnitude = np.nan_to_num(stream.magnitude, nan=0.0)
        low = max(0, since - first)
        for at in (np.flatnonzero(magnitude[low : until - first] >= self.impact_g) + low).tolist():
            # Of equal peaks (a clipped sensor) the first is the impact.
            begin = max(0, at - reach)
            if begin + int(magnitude[begin : at + reach + 1].argmax()) != at:
                continue
            fall = self._fall(stream, upright, magnitude, at)
            if fall is not None:
                return fall
        return None

    def _fall(
        self, stream: Stream, upright: Upright | None, magnitude: FloatArray, at: int
    ) -> _Fall | None:
        index = at + stream.first
        begin = at + stream.samples(self.posture_after_s)
        after = _measured(stream.accel[begin : begin + stream.samples(self.posture_for_s)])
        before = self._vertical(stream, upright, at)
        if before is None or not len(after):
            return None
        up = before / max(1e-6, float(np.linalg.norm(before)))
        lying = after.mean(axis=0, dtype=np.float64)
        upright_g = float(lying @ up)
        gravity_g = float(np.linalg.norm(lying))
        if upright_g > self.upright_g or not GRAVITY_G[0] <= gravity_g <= GRAVITY_G[1]:
            return None
        peak_g = float(magnitude[at])
        dip = _longest_dip(
            magnitude[max(0, at - stream.samples(FREE_FALL_WITHIN_S)) : at],
            stream.samples(FREE_FALL_ENDS_S),
        )
        free_fall_s = dip[1] / stream.odr_hz
        onset = at - dip[0] if dip[1] else at
        cos = upright_g / max(1e-6, float(np.linalg.norm(lying)))
        tilt_deg = float(np.degrees(np.arccos(np.clip(cos, -1, 1))))
        confidence = round(
            0.5
            + 0.25 * min(1.0, (peak_g - self.impact_g) / self.impact_g)
            + 0.25 * min(1.0, (self.upright_g - upright_g) / 0.5),
            3,
        )
        onset_ns = int(stream.time_ns[onset])
        settled = at + self._settle(stream) - 1
        height_m = 0.5 * GRAVITY_M_S2 * free_fall_s**2
        finding = Finding(
            kind="fall",
            phase="onset",
            onset_ns=onset_ns,
            decided_ns=max(onset_ns, int(stream.time_ns[settled])),  # a clock may be set back
            confidence=confidence,
            reason=f"impact of {peak_g:.1f} g, then {tilt_deg:.0f}° from upright",
            evidence={
                "peak_g": round(peak_g, 2),
                "tilt_deg": round(tilt_deg, 1),
                "free_fall_s": round(free_fall_s, 2),
                "free_fall_m": round(height_m, 2),
                "impact_after_onset_s": round((at - onset) / stream.odr_hz, 3),
            },
            facts={"free_fall_s": round(free_fall_s, 3)},
        )
        x, y, z = up.tolist()
        in_bin = (settled + 1 + stream.first) // stream.bin_len
        impact_ns = int(stream.time_ns[at])
        follow = Aftermath(onset_ns, impact_ns, in_bin, (x, y, z), confidence)
        return _Fall(index, finding, follow)

    def _vertical(self, stream: Stream, upright: Upright | None, at: int) -> FloatArray | None:
        """Return the mean acceleration (3,) of the wearer's former posture, or None."""
        index = at + stream.first
        if upright is not None and upright.holds(index // stream.bin_len):
            return np.asarray(upright.up, np.float32)
        learns_from = 0 if upright is None else upright.learns_from
        before = stream.mean_before(index, self.upright_from_s, self.upright_to_s, learns_from)
        if before is not None:
            return before
        # The stream began only just now: its first samples must do.
        low, high = (max(0, at - stream.samples(s)) for s in EARLY_S)
        early = _measured(stream.accel[low:high])
        return early.mean(axis=0) if len(early) else None

    def _follow(
        self,
        aftermath: Aftermath | None,
        completed: tuple[Bin, ...],
        fall: _Fall | None,
        found: list[Finding],
    ) -> Aftermath | None:
        """Watch the last fall; a new one takes its place in the bin in which it was settled."""
        for part in completed:
            if fall is not None and part.number >= fall.aftermath.settled:
                found.append(fall.finding)
                aftermath, fall = fall.aftermath, None
            if aftermath is not None:
                aftermath, finding = aftermath.after(part, self.still_steps_s)
                if finding is not None:
                    found.append(finding)
        if fall is not None:
            found.append(fall.finding)
            aftermath = fall.aftermath
        return aftermath


def _at_rate(state: FallState, odr_hz: float) -> FallState:
    old, new = state.stream, state.stream.at_rate(odr_hz)
    if new is old:
        return state
    if not old.end:
        return FallState(new)

    def moved(index: int) -> int:
        return new.end - round((old.end - index) * new.odr_hz / old.odr_hz)

    judged, over, quiet_until = (moved(i) for i in (state.judged, state.over, state.quiet_until))
    return FallState(new, judged, over, quiet_until, state.aftermath, state.upright)


def _measured(accel: FloatArray) -> FloatArray:
    """Return the samples that are no gap."""
    kept: FloatArray = accel[~np.isnan(accel[:, 0])]
    return kept


def _longest_dip(magnitude: FloatArray, ends_within: int) -> tuple[int, int]:
    """Return how far from the end the longest run below free fall begins, and its length."""
    low = np.concatenate([[False], (magnitude < FREE_FALL_G) & (magnitude > 0), [False]])
    edges = np.flatnonzero(low[1:] != low[:-1])
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    recent = ends >= len(magnitude) - ends_within
    starts, ends = starts[recent], ends[recent]
    if not len(ends):
        return 0, 0
    best = int((ends - starts).argmax())
    return len(magnitude) - int(starts[best]), int(ends[best] - starts[best])
