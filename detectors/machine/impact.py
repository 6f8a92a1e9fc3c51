"""A truck hit the racking: a shock far outside what the thing itself usually feels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import Field

from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Site
from detectors.detector import Detector
from detectors.dsp.bins import Bin, Binned
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.machine.level import SLICES, Level, Slice
from detectors.subject import Subject


@dataclass(frozen=True, slots=True)
class Shock:
    """Something that may be an impact, until it is known whether it dies away."""

    onset_ns: int
    ratio: float
    peak_g: float
    usual_g: float
    age: int = 0
    """Slices since it began."""
    after_g: float = 0.0
    """The highest peak in the second half of the time that it has to die away."""


@dataclass(frozen=True, slots=True)
class ImpactState:
    """What one machine usually feels, and what has just happened to it."""

    worn: bool = False
    binned: Binned = field(default_factory=Binned)
    level: Level | None = None
    shock: Shock | None = None
    quiet: int = 0
    """Slices for which it is still the same impact."""


class ImpactDetector(Detector):
    """A shock on equipment: racking, a guard, a truck. A worn device is left alone.

    Three conditions hold for an impact. The energy of the acceleration without gravity rises at
    once: its average over 0.1 s is `ratio` times that over 30 s. It is far outside the machine's
    own level: its peak is at least `least_g`, and `over` times the shock that is usual there. And
    it dies away within `decay_s`: a machine that is switched on does not. So it is decided
    `decay_s` after it begins. While the usual shock has not been learnt, for the first minute, it
    is taken to be `unlearnt_g`.

    References
    ----------
    Allen R. V., "Automatic earthquake recognition and timing from single traces", Bulletin of the
    Seismological Society of America 68 (1978) 1521-1532; Withers M. et al., "A comparison of select
    trigger algorithms for automated global seismic phase and event detection", ibid. 88 (1998)
    95-106: the recursive ratio of a short to a long average (STA/LTA), the long one held during a
    trigger. Cited from memory. The usual shock and the dying away are our own additions.

    Examples
    --------
    >>> from simulators.examples import struck, told
    >>> told("impact", struck(6.0, at_s=70, lasts_s=80))
    ['onset impact SEV3']

    Notes
    -----
    All thresholds are examples: no recording of struck equipment was at hand, and what is measured
    is a simulated machine. Record your own racking before you trust it.
    """

    kind: ClassVar[str] = "impact"
    tells: ClassVar = frozenset({DetectionKind.IMPACT})

    ratio: float = Field(25.0, gt=1, le=10_000, description="Energy of 0.1 s over that of 30 s")
    least_g: float = Field(1.0, gt=0, le=100, description="No smaller shock is an impact")
    over: float = Field(3.0, ge=1, le=100, description="Times the machine's usual shock")
    unlearnt_g: float = Field(
        2.0, gt=0, le=100, description="Taken as its usual shock in the first minute"
    )
    decay_s: float = Field(1.0, ge=0.2, le=10, description="By then it has died away …")
    decay: float = Field(0.5, gt=0, le=1, description="… to this share of its peak")
    rest_s: float = Field(5.0, ge=0, le=600, description="For so long it is the same impact")
    gap_s: float = Field(
        5.0, ge=0, le=600, description="After a longer gap the averages begin anew"
    )

    def at(self, site: Site) -> ImpactFinder:
        """Return what runs with these settings."""
        return ImpactFinder(self)


class ImpactFinder(Finder[ImpactDetector, ImpactState, ImuBlock]):
    """Follows what one machine feels, and tells what is far outside it."""

    def start(self, subject: Subject) -> ImpactState:
        """Return a machine that is not known; what somebody wears is none."""
        return ImpactState(worn=subject.wearer is not None)

    def step(
        self, state: ImpactState, message: ImuBlock
    ) -> tuple[ImpactState, tuple[Finding, ...]]:
        """Judge each second that is now complete."""
        if state.worn:
            return state, ()
        found: list[Finding] = []
        binned, bins = state.binned.add(message)
        state = replace(state, binned=binned)
        for part in bins:
            if state.level is None or part.gap_s > self.settings.gap_s:
                if state.shock is not None:  # how it died away was never measured: it is told
                    found.append(_finding(state.shock, part.begin_ns))
                state = replace(state, level=_begun(state.level, part), shock=None, quiet=0)
                continue
            level = state.level
            for piece in level.slices(part):
                level, shock, quiet, new = self._slice(level, state.shock, state.quiet, piece)
                state = replace(state, shock=shock, quiet=quiet)
                found += new
            state = replace(state, level=level.second(part))
        return state, tuple(found)

    def _slice(
        self, level: Level, shock: Shock | None, quiet: int, part: Slice
    ) -> tuple[Level, Shock | None, int, tuple[Finding, ...]]:
        struck = level.after(part, held=True)
        if shock is None:
            if quiet:
                return struck, None, quiet - 1, ()
            if not self._over(level, struck, part):
                return level.after(part, held=False), None, 0, ()
            shock = Shock(part.at_ns, struck.ratio, part.peak_g, self._usual_g(level))
            return struck, shock, 0, ()
        level = struck
        age, whole = shock.age + 1, round(self.settings.decay_s * SLICES)
        late = age > whole // 2
        shock = replace(
            shock,
            age=age,
            peak_g=shock.peak_g if late else max(shock.peak_g, part.peak_g),
            after_g=max(shock.after_g, part.peak_g) if late else 0.0,
        )
        if age < whole:
            return level, shock, 0, ()
        if shock.after_g > self.settings.decay * shock.peak_g:
            # It goes on: the machine runs, and that is its level from now on.
            went_on_g2 = part.energy_g2
            return replace(level, short_g2=went_on_g2, long_g2=went_on_g2), None, 0, ()
        return level, None, round(self.settings.rest_s * SLICES), (_finding(shock, part.at_ns),)

    def _over(self, before: Level, now: Level, part: Slice) -> bool:
        far_g = max(self.settings.least_g, self.settings.over * self._usual_g(before))
        return part.peak_g >= far_g and now.ratio >= self.settings.ratio

    def _usual_g(self, level: Level) -> float:
        usual_g = level.usual_g
        return self.settings.unlearnt_g if usual_g is None else usual_g


def _begun(before: Level | None, part: Bin) -> Level:
    """Return a level without averages; what is usual there is still known after a gap."""
    level = Level.begun(part)
    if before is None:
        return level
    return replace(level, peaks_g=before.peaks_g, usual_g=before.usual_g)


def _finding(shock: Shock, decided_ns: int) -> Finding:
    times = shock.peak_g / max(shock.usual_g, 0.001)
    how = f"{times:.0f} times its usual shock" if times < 1000 else "usually it lies still"
    return Finding(
        kind=DetectionKind.IMPACT,
        phase="onset",
        onset_ns=shock.onset_ns,
        decided_ns=max(shock.onset_ns, decided_ns),  # the clock may have been set back
        confidence=0.9,
        reason=f"struck with {shock.peak_g:.1f} g, {how}",
        evidence={
            "peak_g": round(shock.peak_g, 2),
            "usual_g": round(shock.usual_g, 3),
            "sta_lta": round(shock.ratio, 1),
        },
    )
