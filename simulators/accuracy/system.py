"""What is scored: a detector with its settings, and what is known of where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contract import kinds
from contract.errors import SiteFileError
from detectors.catalogue import catalogue
from detectors.detector import AnyDetector
from simulators.accuracy import baselines
from simulators.accuracy.baselines.baseline import Baseline
from simulators.errors import AccuracyError

SHIPPED = "floorwatch"
SHIPPED_SWEPT: tuple[str, tuple[float, ...]] = ("impact_g", (1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5))
CHOSEN_ON = frozenset({"sisfall"})
"""The sets on which settings of the shipped detector were chosen. Their rows say so."""


@dataclass(frozen=True)
class System:
    """A detector to be scored."""

    name: str
    title: str
    detector: AnyDetector
    swept: tuple[str, tuple[float, ...]]
    """The threshold that is moved for a curve, and its values."""
    citation: str = ""
    from_memory: bool = False
    chosen_on: frozenset[str] = frozenset()

    @property
    def threshold(self) -> float:
        """Where the threshold of the curve stands now."""
        return float(getattr(self.detector, self.swept[0]))

    def named(self, name: str) -> System:
        """Return the same by another name, to be scored beside its like."""
        return replace(self, name=name)

    def at_threshold(self, value: float) -> System:
        """Return the same with its threshold moved."""
        moved = self.detector.model_copy(update={self.swept[0]: value})
        return replace(self, name=f"{self.name}@{value:g}", detector=moved)


def shipped(settings: Mapping[str, Any] | None = None) -> System:
    """Return the fall detector as the catalogue gives it, with some settings changed.

    Raises
    ------
    AccuracyError
        When there is no such setting, with a suggestion, or it cannot have such a value.
    """
    try:
        (detector,) = kinds.build("detector", catalogue(), [{"kind": "fall", **(settings or {})}])
    except SiteFileError as error:
        raise AccuracyError("; ".join(error.problems)) from None
    return System(SHIPPED, "Floorwatch", detector, SHIPPED_SWEPT, chosen_on=CHOSEN_ON)


def published() -> tuple[System, ...]:
    """Return every baseline at its published threshold, in order of name."""
    found = kinds.find(baselines, Baseline)  # type: ignore[type-abstract]
    return tuple(
        System(kind, rule.title, rule(), rule.swept, rule.citation, rule.from_memory)
        for kind, rule in sorted(found.items())
    )


def settings_of(texts: Iterable[str]) -> dict[str, Any]:
    """Return settings from `name=value` texts; a value is read as JSON where it is some.

    >>> settings_of(["impact_g=2.5", "still_steps_s=[5, 15]"])
    {'impact_g': 2.5, 'still_steps_s': [5, 15]}

    Raises
    ------
    AccuracyError
        For a text without a name or a value.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise AccuracyError(f'"{text}": write a setting as name=value, as impact_g=2.5')
        try:
            settings[name.strip()] = json.loads(value)
        except ValueError:
            settings[name.strip()] = value
    return settings
