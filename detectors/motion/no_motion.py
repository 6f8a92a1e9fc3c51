"""Man-down without an impact: whoever wears this does not move any more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Site
from detectors.detector import Detector
from detectors.dsp.bins import BIN_S, Bin, Binned
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.motion.stillness import Stillness
from detectors.subject import Subject

WORN_CONFIDENCE = 0.9
UNSURE_CONFIDENCE = 0.5
"""Below `certain_confidence`, so the wearer is asked before anybody is paged."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A stillness that was told."""

    onset_ns: int
    confidence: float
    lasted: int
    """Seconds since the onset that were measured."""
    told: int = 0
    """How many of `report_s` have been reported."""
    moving: int = 0
    """Seconds of movement, one after the other."""


@dataclass(frozen=True, slots=True)
class MotionState:
    """The current stillness of one worn device, and what was said of it."""

    equipment: bool = False
    binned: Binned = field(default_factory=Binned)
    moved: bool = False
    """Whether it was ever seen to move or to stir since it was put on."""
    still: Stillness | None = None
    claim: Claim | None = None


Step = tuple[MotionState, tuple[Finding, ...]]


class NoMotionDetector(Detector):
    """No movement for `still_s` + `pre_alarm_s`, in any orientation of the device.

    A second is still when the three axes together vary by at most `still_g` in it, and the mean
    acceleration has come at most `turned_g` from where it was when the stillness began. One second
    that is not still ends it. The claim is made after the pre-alarm, in which the device may warn
    its wearer; it is repeated as it lasts, and cleared by `moving_s` of movement.

    Nothing is claimed of equipment, nor while the device says that it is charging or off the body.
    A device that cannot say so is judged by what still stirs in it: breath moves the mean of a
    second by thousandths of g. Somebody who does not breathe and a device on a table look alike, so
    a perfect stillness is told with a confidence that has the wearer asked first – but only if the
    device ever moved or stirred before: what lies switched on in a drawer never did.

    Examples
    --------
    >>> from simulators.examples import moved, told
    >>> told("no_motion", moved(("walk", 5), ("lie_still", 170)))
    ['onset no_motion SEV2']

    References
    ----------
    The stir is von Neumann's ratio: J. von Neumann, "Distribution of the ratio of the mean square
    successive difference to the variance", Annals of Mathematical Statistics 12 (1941) 367-395.
    The times are the site's rules for man-down; no study stands behind them. Thresholds are
    measured: a second of lying or sitting still varies by 0.012 to 0.024 g in SisFall (waist) and
    UCI (chest); the stir of 23 still minutes in UCI is 2.0 or more, and that of a simulated sensor
    at rest 0.7 to 1.7 in a minute. No recording of a device that lies on a table was at hand.
    """

    kind: ClassVar[str] = "no_motion"
    tells: ClassVar = frozenset({DetectionKind.NO_MOTION})

    still_s: float = Field(120.0, ge=5, le=3600, description="No movement for this long …")
    pre_alarm_s: float = Field(30.0, ge=0, le=600, description="… and this long while warned")
    still_g: float = Field(
        0.03, gt=0, le=1, description="A second that varies by more is movement; mind sensor noise"
    )
    turned_g: float = Field(
        0.1, gt=0, le=2, description="Turned by this much since it began is movement; 0.1 g is 6°"
    )
    stir: float = Field(
        1.7, gt=0, le=100, description="From here, times the sensor's noise, something breathes"
    )
    moving_s: float = Field(3.0, ge=1, le=60, description="Movement for this long clears it")
    gap_s: float = Field(
        60.0, ge=0, le=600, description="After a longer gap the count begins again"
    )
    report_s: tuple[float, ...] = Field(
        (300.0, 600.0, 1800.0), description="It is reported again when it has lasted this long"
    )

    def at(self, site: Site) -> NoMotionFinder:
        """Return what runs with these settings."""
        return NoMotionFinder(self)


class NoMotionFinder(Finder[NoMotionDetector, MotionState, ImuBlock]):
    """Counts the still seconds of one worn device."""

    @property
    def remembers_s(self) -> float:
        """Return the time after which it is told, and some of what was before."""
        return self.settings.still_s + self.settings.pre_alarm_s + BIN_S * 10

    @property
    def follows_s(self) -> float:
        """Return the time after which a stillness that lasts is reported for the last time."""
        return max(self.settings.report_s, default=0.0)

    def start(self, subject: Subject) -> MotionState:
        """Return a device of which nothing is known; one without a wearer is left alone."""
        return MotionState(equipment=subject.wearer is None)

    def step(self, state: MotionState, message: ImuBlock) -> Step:
        """Judge each second that is now complete."""
        if state.equipment:
            return state, ()
        if message.worn is False:
            return _taken_off(state, message)
        found: list[Finding] = []
        binned, bins = state.binned.add(message)
        state = replace(state, binned=binned)
        for part in bins:
            state, new = self._second(state, part)
            found += new
        return state, tuple(found)

    def _second(self, state: MotionState, part: Bin) -> Step:
        still = state.still if part.gap_s <= self.settings.gap_s else None
        turned = still is not None and still.turned_g(part) > self.settings.turned_g
        if part.spread_g > self.settings.still_g or turned:
            return self._moving(replace(state, still=None, moved=True), part)
        still = still.after(part) if still else Stillness.begun(part)
        state = replace(state, still=still)
        if state.claim is not None:
            return self._lasting(state, state.claim, still, part)
        if still.count * BIN_S < self.settings.still_s + self.settings.pre_alarm_s:
            return state, ()
        stirs = still.stir >= self.settings.stir
        if not stirs and not state.moved:
            return state, ()
        claim = Claim(still.begun_ns, WORN_CONFIDENCE if stirs else UNSURE_CONFIDENCE, still.count)
        told = _finding(claim, "onset", part, _words(still, stirs), _evidence(still))
        return replace(state, claim=claim, moved=True), (told,)

    def _lasting(self, state: MotionState, claim: Claim, still: Stillness, part: Bin) -> Step:
        claim = replace(claim, lasted=claim.lasted + 1, moving=0)
        steps = sum(claim.lasted * BIN_S >= step_s for step_s in self.settings.report_s)
        if steps <= claim.told:
            return replace(state, claim=claim), ()
        claim = replace(claim, told=steps)
        words = f"has hardly moved for {claim.lasted * BIN_S:.0f} s"
        told = _finding(claim, "update", part, words, _evidence(still))
        return replace(state, claim=claim), (told,)

    def _moving(self, state: MotionState, part: Bin) -> Step:
        claim = state.claim
        if claim is None:
            return state, ()
        claim = replace(claim, lasted=claim.lasted + 1, moving=claim.moving + 1)
        if claim.moving * BIN_S < self.settings.moving_s:
            return replace(state, claim=claim), ()
        told = _finding(claim, "clear", part, "moves again", {"spread_g": part.spread_g})
        return replace(state, claim=None), (told,)


def _taken_off(state: MotionState, block: ImuBlock) -> Step:
    """Forget all: what lies in a charger is nobody."""
    if state.claim is None:
        return MotionState(), ()
    claim, at_ns = state.claim, max(state.claim.onset_ns, block.t0_ns)
    words = "is charging, or off the body"
    told = Finding(DetectionKind.NO_MOTION, "clear", claim.onset_ns, at_ns, claim.confidence, words)
    return MotionState(), (told,)


def _finding(
    claim: Claim, phase: Phase, part: Bin, reason: str, evidence: dict[str, float]
) -> Finding:
    # How long it lasts is no fact of severity's `still_s`: that is about a fall, and would have
    # nobody asked whether the device lies on a table.
    return Finding(
        kind=DetectionKind.NO_MOTION,
        phase=phase,
        onset_ns=claim.onset_ns,
        decided_ns=max(claim.onset_ns, part.end_ns),  # the clock may have been set back
        confidence=claim.confidence,
        reason=reason,
        evidence={name: round(value, 4) for name, value in evidence.items()},
    )


def _words(still: Stillness, stirs: bool) -> str:
    said = f"no movement for {still.count * BIN_S:.0f} s"
    if stirs:
        return f"{said}; the device stirs, as breath stirs it"
    return f"{said}, perfectly still: off the body, or not breathing"


def _evidence(still: Stillness) -> dict[str, float]:
    return {"still_s": still.count * BIN_S, "stir": still.stir}
