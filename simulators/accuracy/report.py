"""Scores for people: the cells of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from simulators.accuracy.cross_fit import Known
from simulators.accuracy.curve import Curve, Point
from simulators.accuracy.tally import Tally, Watch
from simulators.accuracy.what_if import Change

HEADS = (
    "set",
    "position",
    "recorded",
    "hits / falls",
    "found",
    "false alarms",
    "hours",
    "an hour (95 %)",
    "decided after, median · p95 · longest",
)
RATES_READ = (0.2, 0.5, 1.0, 1.5, 3.0, 10.0)
"""False alarms an hour at which curves are read."""
CURVE_HEADS = ("set", "rule", *(f"at most {rate:g}/h" for rate in RATES_READ))
WHAT_IF_HEADS = ("set", "falls", "hits", "false alarms", "an hour today", "an hour then")
CHANGED_HEADS = ("set", "recording", "fall", "false alarms")
WRONG_HEADS = ("set", "missed falls", "false alarms", "claimed elsewhere")
COMMON = 8
"""So many kinds of act are named of those that alarmed or were missed most."""


def rows(sets: Mapping[str, Mapping[Known, Tally]]) -> list[list[str]]:
    """Return a row a set and what the weights know of its people, scripted and quiet apart."""
    found: list[list[str]] = []
    for name, by_known in sets.items():
        for known, tally in by_known.items():
            title = name if known == "not told" else f"{name} ({known})"
            found += _lives(title, tally)
    return found


def plain_rows(sets: Mapping[str, Tally]) -> list[list[str]]:
    """Return a row a set, scripted and quiet apart."""
    return [row for name, tally in sets.items() for row in _lives(name, tally)]


def _lives(title: str, tally: Tally) -> list[list[str]]:
    found: list[list[str]] = []
    for life, watch in (("scripted", tally.scripted), ("quiet", tally.quiet)):
        falls = tally.falls if life == "scripted" else 0
        if watch.seconds or falls:
            found.append([title, tally.position, life, *_cells(tally, watch, bool(falls))])
    return found


def _cells(tally: Tally, watch: Watch, falls: bool) -> list[str]:
    latency = [tally.latency_s(percent) for percent in (50, 95, 100)] if falls else []
    said = [f"{value:.2f} s" for value in latency if value is not None]
    return [
        f"{tally.hits} / {tally.falls}" if falls else "–",
        f"{tally.sensitivity:.1%}" if falls and tally.sensitivity is not None else "–",
        str(watch.false_alarms),
        hours(watch),
        per_hour(watch),
        " · ".join(said) or "–",
    ]


def hours(watch: Watch) -> str:
    """Return for how long nobody fell."""
    return f"{watch.hours:.1f}" if watch.hours >= 1 else f"{watch.hours:.2f}"


def per_hour(watch: Watch) -> str:
    """Return the rate with its interval, in digits that the count bears."""
    rate, between = watch.per_hour, watch.per_hour_interval
    if rate is None or between is None:
        return "–"
    return f"{_short(rate)} ({_short(between[0])}–{_short(between[1])})"


def curve_rows(curves: Iterable[Curve]) -> list[list[str]]:
    """Return a row a curve: the share of falls that can be had for each rate."""
    return [
        [curve.set, curve.system.title, *(_found(curve.at_most(rate)) for rate in RATES_READ)]
        for curve in curves
    ]


def _found(point: Point | None) -> str:
    if point is None or point.sensitivity is None:
        return "–"
    return f"{point.sensitivity:.1%} ({point.hits}; {point.watch.false_alarms})"


def wrong_rows(sets: Mapping[str, Tally]) -> list[list[str]]:
    """Return a row a set in which something was wrong: which falls were missed, what alarmed."""
    return [
        [name, _most(tally.missing), _most(tally.alarming), ", ".join(tally.elsewhere) or "none"]
        for name, tally in sets.items()
        if tally.missing or tally.alarming
    ]


def _most(counted: Counter[str]) -> str:
    said = [f"{activity} ×{count}" for activity, count in counted.most_common(COMMON)]
    more = counted.total() - sum(count for _, count in counted.most_common(COMMON))
    return ", ".join([*said, f"{more} others"] if more else said) or "none"


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


def changed_rows(changes: Iterable[Change]) -> list[list[str]]:
    """Return a row a recording of which something else would be said."""
    return [
        [
            each.set,
            each.recording,
            "–" if each.found is None else "found → missed" if each.found[0] else "missed → found",
            "–" if each.false_alarms is None else _change(*each.false_alarms),
        ]
        for each in changes
    ]


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _change(today: int, then: int) -> str:
    return f"{today} → {then} ({then - today:+d})" if then != today else str(today)
