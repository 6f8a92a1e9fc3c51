"""A fall: a blow that the trained model takes for one, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, NamedTuple, Self

from pydantic import Field, model_validator

from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Site, Worn
from detectors.detector import Detector
from detectors.errors import DetectorError
from detectors.fall.aftermath import STEPS_S
from detectors.fall.candidate import Candidate
from detectors.fall.lookout import Lookout
from detectors.fall.model import Stage, model_for
from detectors.fall.relapse import WATCHED_AGAIN_S
from detectors.fall.trigger import TRIGGER_G
from detectors.fall.watch import Rules, Watch
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject


class FallState(NamedTuple):
    """One worn device."""

    worn: Worn | None
    lookout: Lookout = Lookout()
    watch: Watch = Watch()


class FallDetector(Detector):
    """A trained model on the seconds around every blow; then what the wearer does.

    A peak of the signal vector magnitude that reaches `trigger_g` and dominates half a second to
    both sides is a candidate. A small network, one for the trunk and one for the arm, looks at it
    0.9 s later and again 2.4 s later. From `threshold` on it is a fall: told at the first look
    that takes it for one, and again at the second where that says something else. Afterwards
    the wearer is followed for three minutes, and until half an hour after the fall it is told when
    they lie still again, unless the device is worn on an arm.

    Until they are up again, and for `rest_s`, there is no second fall; a second blow that looks
    like one is told as an update.

    Examples
    --------
    >>> from simulators.examples import moved, told
    >>> first, *_, last = told("fall", moved(("stand", 9), "fall_forward", ("lie_still", 20)))
    >>> first, last
    ('onset fall SEV2', 'update fall SEV1')

    Notes
    -----
    The trigger, the two looks and the aftermath are an own design. How the model was trained, on
    whom, how well it does by subject and what it was never tried on is in its card beside the
    weights, and in docs/detectors.md. Kangas et al., Gait & Posture 28 (2008) 285-291, whose rule
    it replaces, is among the baselines of `floorwatch bench falls`.
    """

    kind: ClassVar[str] = "fall"
    tells: ClassVar = frozenset({DetectionKind.FALL})

    trigger_g: float = Field(
        TRIGGER_G, gt=1, le=16, description="Signal vector magnitude that is worth a look"
    )
    threshold: float = Field(
        0.5, ge=0, le=1, description="From this score on a blow is taken for a fall"
    )
    weights: str | None = Field(None, description="A folder with other weights than the shipped")
    rest_s: float = Field(3.0, ge=0, le=60, description="After a fall, no second one for this long")
    still_steps_s: tuple[float, ...] = Field(
        STEPS_S, description="Stillness after a fall is reported when it has lasted this long"
    )
    still_again_s: float = Field(
        60.0,
        gt=0,
        le=600,
        description="Later, lying still again is reported once when it has lasted this long",
    )

    @model_validator(mode="after")
    def _weights_can_be_read(self) -> Self:
        # Told when the site file is read, not when somebody falls.
        if self.weights is not None:
            try:
                for worn in ("trunk", "arm"):
                    model_for(worn, self.weights)
            except DetectorError as error:
                raise ValueError(str(error)) from None
        return self

    def score(self, worn: Worn | None, candidate: Candidate, stage: Stage) -> float:
        """Return how much a candidate looks like a fall to the model for where it is worn."""
        model = model_for(worn, self.weights)
        return model.score(candidate.accel, candidate.odr_hz, candidate.peak, stage)

    def at(self, site: Site) -> FallFinder:
        """Return what runs with these; it tells of stillness when the site's severity asks, too."""
        return FallFinder(self, site)


class FallFinder(Finder[FallDetector, FallState, ImuBlock]):
    """Follows one worn device from blow to blow, and what comes of each fall."""

    def __init__(self, settings: FallDetector, site: Site) -> None:
        super().__init__(settings)
        asked_s = site.severity.fall_still_s
        self.still_steps_s = tuple(sorted({*settings.still_steps_s, asked_s}))
        """Stillness after a fall is told when it has lasted so long."""
        self.still_again_s = max(settings.still_again_s, asked_s)
        """The same of lying still later."""

    @property
    def follows_s(self) -> float:
        """Return the half hour in which it is told that somebody lies still again."""
        return WATCHED_AGAIN_S

    def start(self, subject: Subject) -> FallState:
        """Return a wearer of whom nothing is known."""
        return FallState(subject.worn)

    def step(self, state: FallState, message: ImuBlock) -> tuple[FallState, tuple[Finding, ...]]:
        """Look at every candidate that is due, and follow what came of the last fall."""
        worn, lookout, watch = state
        if message.odr_hz != lookout.stream.odr_hz:
            lookout, moved = lookout.at_rate(message.odr_hz)
            if moved is not None:
                watch = watch.moved_to(moved)
        found: list[Finding] = []
        for lookout, peaks in lookout.after(message, self.settings.trigger_g):  # noqa: B020
            if peaks or watch.busy:
                watch, said = watch.after(lookout.stream, peaks, self._rules(worn))
                found += said
        return FallState(worn, lookout, watch), tuple(found)

    def _rules(self, worn: Worn | None) -> Rules:
        score = partial(self.settings.score, worn)
        # An arm at rest says nothing of the body.
        again_s = None if worn == "arm" else self.still_again_s
        return Rules(
            score, self.settings.threshold, self.settings.rest_s, self.still_steps_s, again_s
        )
