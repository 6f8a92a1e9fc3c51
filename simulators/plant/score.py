"""Scores this version on the plant: makes it, calibrates it as a site would, runs the bench."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.badges.calibration import hearings
from simulators.plant.bench import PlantScores, run
from simulators.plant.labelled import labelled
from simulators.plant.plant import Plant
from simulators.plant.progress import Progress, silent

OTHER = 1_000_000
"""Added to a seed: the people and the noise of calibration are never those that are scored."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big a plant is, and how long it is watched."""

    bays: int
    badges: int
    acts: int
    lasts_s: float
    zone_s: float
    """How long somebody walks in each zone to calibrate it."""


WHOLE = Size(bays=8, badges=2000, acts=1700, lasts_s=180.0, zone_s=60.0)
"""40 zones and 2,000 badges."""
SMALL = Size(bays=2, badges=80, acts=60, lasts_s=120.0, zone_s=30.0)
"""For a test: seconds."""


def score_plant(
    seed: int = 0,
    size: Size = WHOLE,
    progress: Progress = silent,
    what_if: Mapping[str, Any] | None = None,
) -> PlantScores:
    """Return the scores of the detector and of the two plain rules on one plant.

    The building and its antennas are the same for every seed; people, what they do, and all noise
    are not. The plant is calibrated with labelled walking of another seed. `what_if` are settings
    of its zone detector.
    """
    plant = Plant(size.bays, size.badges, size.lasts_s, size.acts, seed)
    other = Plant(size.bays, size.badges, size.lasts_s, 0, seed + OTHER)
    heard = labelled(other, seed + OTHER, size.zone_s, progress)
    detector = {**plant.site.detector[0], **(what_if or {})}
    update = {"hearing": hearings(heard), "detector": (detector,)}
    site = plant.site.model_copy(update=update)
    return run(plant, seed, site, progress)
