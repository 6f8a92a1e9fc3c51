"""What is scored: a detector with its settings, and what is known of where they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract import plugins
from contract.errors import SiteFileError
from detectors.catalogue import catalogue
from detectors.detector import Detector
from simulators.accuracy import baselines
from simulators.accuracy.baselines.baseline import Baseline
from simulators.accuracy.cross_fit import CrossFit, Known
from simulators.errors import AccuracyError
from simulators.recordings.trial import Trial

SHIPPED = "floorwatch"
SWEPT_LOGITS = (-7.0, 14.0)
SWEPT_STEP = 0.25
"""Scores crowd near 0 and 1, so thresholds are evenly spaced in their log odds: from 0.001, where a
detector cries all day, to a millionth below 1, which is nearly as far as a score can tell."""


def logistic(logit: float) -> float:
    """Return the score that has these log odds, in as many digits as tell it from its neighbours.

    >>> logistic(0.0), logistic(-7.0), logistic(14.0)
    (0.5, 0.0009111, 0.9999991685)
    """
    score = 1 / (1 + math.exp(-logit))
    return float(f"{score:.4g}") if score < 0.5 else round(1 - float(f"{1 - score:.4g}"), 10)


_FIRST, _LAST = (round(logit / SWEPT_STEP) for logit in SWEPT_LOGITS)
SHIPPED_SWEPT: tuple[str, tuple[float, ...]] = (
    "threshold",
    tuple(logistic(step * SWEPT_STEP) for step in range(_FIRST, _LAST + 1)),
)


@dataclass(frozen=True)
class System:
    """A detector to be scored."""

    name: str
    title: str
    detector: Detector
    swept: tuple[str, tuple[float, ...]]
    """The threshold that is moved for a curve, and its values."""
    citation: str = ""
    from_memory: bool = False
    folds: CrossFit | None = None
    """The weights to score people with who trained those that the detector has."""
    in_training: bool = False
    """Score everybody with the detector's own weights, and say of whom they know."""

    @property
    def threshold(self) -> float:
        """Where the threshold of the curve stands now."""
        return float(getattr(self.detector, self.swept[0]))

    @property
    def thresholds(self) -> tuple[float, ...]:
        """All that the threshold is moved to for a curve, and where it stands, rising."""
        return tuple(sorted({*self.swept[1], self.threshold}))

    def named(self, name: str) -> System:
        """Return the same by another name, to be scored beside its like."""
        return replace(self, name=name)

    def at_threshold(self, value: float) -> Detector:
        """Return the detector with its threshold moved."""
        return self.detector.model_copy(update={self.swept[0]: value})

    def for_trials(self, trials: Sequence[Trial]) -> list[tuple[System, Known]]:
        """Return for each trial what scores it: the same, but with weights that never saw it."""
        if self.folds is None:
            return [(self, "not told")] * len(trials)
        by_fold: dict[int | None, System] = {None: self}
        found: list[tuple[System, Known]] = []
        for fold, known in self.folds.weights(trials):
            if fold is not None and self.in_training:
                found.append((self, "in training"))
                continue
            if fold is not None and fold not in by_fold:
                moved = {"weights": str(self.folds.path(fold))}
                by_fold[fold] = replace(self, detector=self.detector.model_copy(update=moved))
            found.append((by_fold[fold], known))
        return found


def shipped(
    settings: Mapping[str, Any] | None = None,
    folds: CrossFit | None = None,
    in_training: bool = False,
) -> System:
    """Return the fall detector as the catalogue gives it, with some settings changed.

    Folds belong to the shipped weights: where the settings name others, nothing is known of them.

    Raises
    ------
    AccuracyError
        When there is no such setting, with a suggestion, or it cannot have such a value.
    """
    changed = dict(settings or {})
    try:
        (detector,) = plugins.build("detector", catalogue(), [{"kind": "fall", **changed}])
    except SiteFileError as error:
        raise AccuracyError("; ".join(error.problems)) from None
    if changed.get("weights") is not None:
        folds = None
    return System(
        SHIPPED, "Floorwatch", detector, SHIPPED_SWEPT, folds=folds, in_training=in_training
    )


def published() -> tuple[System, ...]:
    """Return every baseline at its published threshold, in order of name."""
    found = plugins.find(baselines, Baseline)  # type: ignore[type-abstract]
    return tuple(
        System(kind, rule.title, rule(), rule.swept, rule.citation, rule.from_memory)
        for kind, rule in sorted(found.items())
    )
