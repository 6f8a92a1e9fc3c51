"""Scores for people: the cells of a table. And for programs: one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from simulators.accuracy.curve import Curve
from simulators.accuracy.scoring import Scores
from simulators.accuracy.system import SHIPPED, System
from simulators.accuracy.tally import Tally, Watch

HEADS = (
    "set",
    "position",
    "recorded",
    "hits / falls",
    "found",
    "false alarms",
    "hours",
    "an hour (95 %)",
    "decided after, median · p95",
)


def rows(sets: Mapping[str, Tally], chosen_on: frozenset[str] = frozenset()) -> list[list[str]]:
    """Return a row a set, and for a set both scripted and quiet a row for either."""
    found: list[list[str]] = []
    for name, tally in sets.items():
        for life, watch in (("scripted", tally.scripted), ("quiet", tally.quiet)):
            falls = tally.falls if life == "scripted" else 0
            if watch.seconds or falls:
                title = f"{name} (in training)" if name.split("/")[0] in chosen_on else name
                found.append([title, tally.position, life, *_cells(tally, watch, bool(falls))])
    return found


def _cells(tally: Tally, watch: Watch, falls: bool) -> list[str]:
    latency = [tally.latency_s(percent) for percent in (50, 95)] if falls else [None, None]
    said = [f"{value:.2f} s" for value in latency if value is not None]
    return [
        f"{tally.hits} / {tally.falls}" if falls else "–",
        f"{tally.sensitivity:.1%}" if falls and tally.sensitivity is not None else "–",
        str(watch.false_alarms),
        f"{watch.hours:.1f}" if watch.hours >= 1 else f"{watch.hours:.2f}",
        per_hour(watch),
        " · ".join(said) or "–",
    ]


def per_hour(watch: Watch) -> str:
    """Return the rate with its interval, in digits that the count bears."""
    rate, between = watch.per_hour, watch.per_hour_interval
    if rate is None or between is None:
        return "–"
    return f"{_short(rate)} ({_short(between[0])}–{_short(between[1])})"


def what_if_rows(today: Mapping[str, Tally], then: Mapping[str, Tally]) -> list[list[str]]:
    """Return a row a set: hits and false alarms of today, and what they would be."""
    return [
        [
            name,
            str(tally.falls or "–"),
            _change(tally.hits, then[name].hits) if tally.falls else "–",
            _change(tally.everywhere.false_alarms, then[name].everywhere.false_alarms),
            per_hour(tally.everywhere),
            per_hour(then[name].everywhere),
        ]
        for name, tally in today.items()
    ]


RATES_READ = (0.2, 0.5, 1.0, 3.0, 10.0)
"""False alarms an hour at which curves are read."""
CURVE_HEADS = ("set", "rule", *(f"at most {rate:g}/h" for rate in RATES_READ))


def curve_rows(curves: Iterable[Curve]) -> list[list[str]]:
    """Return a row a curve: the share of falls that can be had for each rate."""
    read = ((curve, [curve.at_most(rate) for rate in RATES_READ]) for curve in curves)
    return [
        [curve.set, curve.system.title, *(f"{at.sensitivity:.1%}" if at else "–" for at in points)]
        for curve, points in read
    ]


WHAT_IF_HEADS = ("set", "falls", "hits", "false alarms", "an hour today", "an hour then")


def for_programs(
    scores: Scores,
    ours: System,
    baselines: Sequence[System] = (),
    what_if: tuple[System, Mapping[str, Any]] | None = None,
    curves: Sequence[Curve] = (),
) -> dict[str, Any]:
    """Return all scores as one object: `sets` is ours, `baselines` the others by name."""
    found: dict[str, Any] = {
        "sets": {
            name: {**tally.row(), "in_training": name.split("/")[0] in ours.chosen_on}
            for name, tally in scores.sets(SHIPPED).items()
        },
        "settings": ours.detector.model_dump(mode="json"),
        "passed_over": scores.passed_over,
    }
    if baselines:
        found["baselines"] = {
            each.name: {
                "title": each.title,
                "citation": each.citation,
                "from_memory": each.from_memory,
                "sets": {name: tally.row() for name, tally in scores.sets(each.name).items()},
            }
            for each in baselines
        }
    if what_if is not None:
        system, changed = what_if
        sets = {name: tally.row() for name, tally in scores.sets(system.name).items()}
        found["what_if"] = {"settings": dict(changed), "sets": sets}
    if curves:
        found["curves"] = [
            {
                "system": curve.system.name,
                "set": curve.set,
                "setting": curve.system.swept[0],
                "points": [asdict(point) for point in curve.points],
            }
            for curve in curves
        ]
    return found


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _change(today: int, then: int) -> str:
    return f"{today} → {then} ({then - today:+d})" if then != today else str(today)
