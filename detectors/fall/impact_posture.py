"""A fall as an impact and, soon after, a body that is no longer upright."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from contract.imu import ImuBlock
from contract.instants import seconds
from contract.message import Message
from contract.site import Site
from detectors.detector import Detector
from detectors.dsp.samples import FloatArray, magnitude_g
from detectors.fall.aftermath import STEPS_S, Aftermath
from detectors.fall.stream import BIN_S, Bin, Stream
from detectors.finding import Finding
from detectors.subject import Subject

FREE_FALL_G = 0.5
"""Below this nothing carries the body. Kangas' 0.6 g finds a fall's beginning, but walking down
stairs dips as low; a height is claimed from the stricter value."""
FREE_FALL_WITHIN_S = 1.5
FREE_FALL_ENDS_S = 0.4
"""A dip that ended longer before the impact belongs to an earlier stride, not to the fall."""
GRAVITY_M_S2 = 9.80665


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
    looked at 1.0 s after the impact instead of 2 s, because people who fall get up (measured on
    SisFall's 26 subjects: 98.7 % of 1275 falls against 96.4 %; `tests/accuracy`).
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
    rest_s: float = Field(3.0, ge=0, description="After a fall, no second one for this long")
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
        if state.stream.odr_hz != message.odr_hz:
            state = FallState()
        for stream in state.stream.pieces(message):
            state = self._piece(state, stream, found)
        return state, tuple(found)

    def _piece(self, state: FallState, stream: Stream, found: list[Finding]) -> FallState:
        assert stream.accel is not None
        begun = state.stream.end
        fresh = magnitude_g(stream.accel[begun - stream.end :])
        over = np.flatnonzero(fresh >= self.impact_g)
        until = stream.end - stream.samples(self.posture_after_s + self.posture_for_s)
        state = replace(
            state, stream=stream, over=begun + int(over[-1]) if len(over) else state.over
        )
        fall = None
        if state.over >= state.judged and until > state.judged:
            state, fall = self._judge(state, until)
        if until > state.judged:
            state = replace(state, judged=until)
        return self._follow(state, stream.bins_since(begun), fall, found)

    def _judge(
        self, state: FallState, until: int
    ) -> tuple[FallState, tuple[Finding, Aftermath] | None]:
        """Look at the peaks before index `until`. A second or less holds at most one fall."""
        stream = state.stream
        assert stream.accel is not None
        magnitude = np.nan_to_num(magnitude_g(stream.accel), nan=0.0)
        first, reach = stream.first, stream.samples(self.dominant_s)
        low = max(state.judged, first) - first
        for at in (np.flatnonzero(magnitude[low : until - first] >= self.impact_g) + low).tolist():
            index = at + first
            begin = max(0, at - reach)
            # Of equal peaks (a clipped sensor) the first is the impact.
            highest = begin + int(magnitude[begin : at + reach + 1].argmax())
            if index < state.quiet_until or highest != at:
                continue
            fall = self._fall(stream, magnitude, at)
            if fall is not None:
                return replace(state, quiet_until=index + stream.samples(self.rest_s)), fall
        return state, None

    def _fall(
        self, stream: Stream, magnitude: FloatArray, at: int
    ) -> tuple[Finding, Aftermath] | None:
        assert stream.accel is not None
        assert stream.time_ns is not None
        index = at + stream.first
        begin = at + stream.samples(self.posture_after_s)
        after = stream.accel[begin : begin + stream.samples(self.posture_for_s)]
        after = after[~np.isnan(after[:, 0])]
        if not len(after):
            return None
        before = stream.mean_before(index, self.upright_from_s, self.upright_to_s)
        if before is None:  # the stream began only just now: its first samples must do
            early = stream.accel[
                max(0, at - stream.samples(1.6)) : max(0, at - stream.samples(0.3))
            ]
            early = early[~np.isnan(early[:, 0])]
            if not len(early):
                return None
            before = early.mean(axis=0)
        up = before / max(1e-6, float(np.linalg.norm(before)))
        lying = after.mean(axis=0, dtype=np.float64)
        upright_g = float(lying @ up)
        if upright_g > self.upright_g:
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
        settled = min(begin + stream.samples(self.posture_for_s), len(stream.time_ns)) - 1
        height_m = 0.5 * GRAVITY_M_S2 * free_fall_s**2
        finding = Finding(
            kind="fall",
            phase="onset",
            onset_ns=onset_ns,
            decided_ns=int(stream.time_ns[settled]),
            confidence=confidence,
            reason=f"impact of {peak_g:.1f} g, then {tilt_deg:.0f}° from upright",
            evidence={
                "peak_g": round(peak_g, 2),
                "tilt_deg": round(tilt_deg, 1),
                "free_fall_s": round(free_fall_s, 2),
                "free_fall_m": round(height_m, 2),
                "impact_after_onset_s": round(seconds(int(stream.time_ns[at]) - onset_ns), 3),
            },
            facts={"free_fall_s": round(free_fall_s, 3)},
        )
        x, y, z = up.tolist()
        follow = Aftermath(
            onset_ns, int(stream.time_ns[at]), finding.decided_ns, (x, y, z), confidence
        )
        return finding, follow

    def _follow(
        self,
        state: FallState,
        completed: tuple[Bin, ...],
        fall: tuple[Finding, Aftermath] | None,
        found: list[Finding],
    ) -> FallState:
        """Watch the last fall; a new one takes its place from the sample that settled it."""
        aftermath = state.aftermath
        for part in completed:
            if fall is not None and part.end_ns > fall[0].decided_ns:
                found.append(fall[0])
                aftermath, fall = fall[1], None
            if aftermath is not None:
                aftermath, finding = aftermath.after(part, BIN_S, self.still_steps_s)
                if finding is not None:
                    found.append(finding)
        if fall is not None:
            found.append(fall[0])
            aftermath = fall[1]
        return replace(state, aftermath=aftermath)


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
