"""The plant's scores as a table for people, and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulators.plant.bench import PlantScores, Result
from simulators.plant.scoring import Tally

HEADS = (
    "system", "hazard", "found / breaches", "recall", "false", "precision",
    "to detect, median · p95", "crossing followed, median · p95", "reads/s on one core",
)  # fmt: skip
NUMBERS_FROM = 2


def title(scores: PlantScores) -> str:
    """Return what was simulated, in one line."""
    return (
        f"Simulated plant: {scores.zones} zones, {scores.badges} badges, {scores.readers} readers "
        f"with {scores.antennas} antennas, {scores.badge_hours:.0f} badge hours, "
        f"{scores.reads:,} reads, "
        f"seed {scores.seed}"
    )


def rows(scores: PlantScores) -> list[tuple[str, ...]]:
    """Return a row for each watcher and class of hazard."""
    return [
        (
            result.name if hazard == "A" else "",
            hazard,
            f"{tally.found} / {tally.breaches}",
            f"{tally.recall:.1%}",
            str(tally.false),
            f"{tally.precision:.1%}",
            _two(tally.took_s),
            _two(result.follow_s) if hazard == "A" else "",
            f"{result.reads_a_second:,.0f}" if hazard == "A" else "",
        )
        for result in scores.results
        for hazard, tally in result.tallies.items()
    ]


def for_programs(scores: PlantScores) -> dict[str, Any]:
    """Return the scores as JSON."""
    return {
        "zones": scores.zones,
        "badges": scores.badges,
        "readers": scores.readers,
        "antennas": scores.antennas,
        "lasts_s": scores.lasts_s,
        "seed": scores.seed,
        "reads": scores.reads,
        "badge_hours": round(scores.badge_hours, 1),
        "systems": {result.name: _system(result) for result in scores.results},
    }


def _system(result: Result) -> dict[str, Any]:
    return {
        "reads_per_s": round(result.reads_a_second),
        "crossings": len(result.follow_s) + result.follow_missed,
        "crossings_followed": len(result.follow_s),
        "follow_p50_s": _share(result.follow_s, 50),
        "follow_p95_s": _share(result.follow_s, 95),
        "hazards": {hazard: _tally(tally) for hazard, tally in result.tallies.items()},
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "breaches": tally.breaches,
        "found": tally.found,
        "recall": round(tally.recall, 4),
        "false": tally.false,
        "false_second_alarms": tally.doubled,
        "precision": round(tally.precision, 4),
        "grazes_alarmed": tally.grazes,
        "detect_p50_s": _share(tally.took_s, 50),
        "detect_p95_s": _share(tally.took_s, 95),
    }


def _two(values: Sequence[float]) -> str:
    if not values:
        return "–"
    return f"{np.percentile(values, 50):.1f} s · {np.percentile(values, 95):.1f} s"


def _share(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 2) if values else None
