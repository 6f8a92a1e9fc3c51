"""Scores for programs: one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulators.accuracy.cross_fit import Known
from simulators.accuracy.curve import Curve, pooled
from simulators.accuracy.report import RATES_READ
from simulators.accuracy.scoring import Scores
from simulators.accuracy.system import System
from simulators.accuracy.tally import Tally, sum_of
from simulators.accuracy.what_if import Change

WEIGHTS: Mapping[Known, str] = {
    "cross-fitted": "cross-fitted",
    "in training": "in training",
    "new people": "shipped",
    "new set": "shipped",
    "not told": "shipped",
}


def for_programs(
    scores: Scores,
    ours: System,
    curves: Mapping[str, Curve],
    pooled_curves: Mapping[str, Curve],
    rate_hz: float | None,
) -> dict[str, Any]:
    """Return what was scored of what is shipped: `sets` has a row a set, with its curve."""
    sets = {name: _row(by_known, curves.get(name)) for name, by_known in scores.known(ours).items()}
    of_all = {
        name: {**tally.row(), **_read(pooled_curves.get(name))}
        for name, tally in pooled(scores.sets(ours)).items()
    }
    return {
        "sets": sets,
        "pooled": of_all,
        "settings": ours.detector.model_dump(mode="json"),
        "rate_hz": rate_hz,
        "passed_over": scores.passed_over,
    }


def baselines_for_programs(
    scores: Scores, baselines: Sequence[System], curves: Mapping[str, Mapping[str, Curve]]
) -> dict[str, Any]:
    """Return what was scored of published rules, by name."""
    return {
        each.name: {
            "title": each.title,
            "citation": each.citation,
            "from_memory": each.from_memory,
            "sets": {
                name: {**tally.row(), **_read(curves.get(each.name, {}).get(name))}
                for name, tally in scores.sets(each).items()
            },
        }
        for each in baselines
    }


def what_if_for_programs(
    scores: Scores, then: System, settings: Mapping[str, Any], changed: Iterable[Change]
) -> dict[str, Any]:
    """Return what would be, were the settings other."""
    return {
        "settings": dict(settings),
        "sets": {name: tally.row() for name, tally in scores.sets(then).items()},
        "changed": [each.row() for each in changed],
    }


def _row(by_known: Mapping[Known, Tally], curve: Curve | None) -> dict[str, Any]:
    weights = {WEIGHTS[known] for known in by_known}
    people = list(by_known)
    row = {
        **sum_of(by_known.values()).row(),
        "weights": weights.pop() if len(weights) == 1 else "mixed",
        "people": people[0] if len(people) == 1 else "mixed",
        "in_training": "in training" in by_known,
        **_read(curve),
    }
    if len(by_known) > 1:
        row["by_people"] = {known: tally.row() for known, tally in by_known.items()}
    return row


def _read(curve: Curve | None) -> dict[str, Any]:
    if curve is None:
        return {}
    read = {f"{rate:g}": curve.at_most(rate) for rate in RATES_READ}
    return {
        "at_per_hour": {
            rate: None if point is None else point.row()["sensitivity"]
            for rate, point in read.items()
        },
        "at_per_hour_points": {
            rate: None if point is None else point.row() for rate, point in read.items()
        },
        "curve": [point.row() for point in curve.points],
    }
