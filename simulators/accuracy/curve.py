"""Sensitivity against false alarms an hour while a threshold moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators.accuracy.scoring import Progress, score_folder
from simulators.accuracy.system import System
from simulators.accuracy.tally import Tally


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold: where it puts a detector."""

    threshold: float
    sensitivity: float
    per_hour: float
    shipped: bool
    """Whether this is where the threshold stands today, or in the paper."""


@dataclass(frozen=True)
class Curve:
    """One system on one set, by rising threshold."""

    system: System
    set: str
    position: str
    points: tuple[Point, ...]

    def at_most(self, per_hour: float) -> Point | None:
        """Return the point that finds most with so many false alarms an hour, or None.

        It is one that was measured: nothing is interpolated between thresholds.
        """
        within = [point for point in self.points if point.per_hour <= per_hour]
        return max(within, key=lambda point: point.sensitivity, default=None)


def curves(
    folder: Path,
    systems: Sequence[System],
    sets: frozenset[str],
    processes: int | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[Curve, ...]:
    """Return each system's curve on each of some sets, if it has falls and everyday hours.

    Every threshold is a run of its own through the pipeline: what a detector says at one cannot be
    told from what it said at another, because after a fall it rests.
    """
    moved = {
        (system.name, value): system.at_threshold(value)
        for system in systems
        for value in sorted({*system.swept[1], system.threshold})
    }
    scores = score_folder(folder, tuple(moved.values()), processes, progress, sets)
    found: list[Curve] = []
    for system in systems:
        at = {
            value: scores.sets(each.name)
            for (of, value), each in moved.items()
            if of == system.name
        }
        for name, today in at[system.threshold].items():
            tallies = ((value, sets[name]) for value, sets in at.items())
            points = tuple(_points(tallies, system.threshold))
            if points:
                found.append(Curve(system, name, today.position, points))
    return tuple(found)


def _points(tallies: Iterable[tuple[float, Tally]], today: float) -> Iterable[Point]:
    for value, tally in tallies:
        per_hour = tally.everywhere.per_hour
        if tally.sensitivity is not None and per_hour is not None:
            yield Point(value, tally.sensitivity, per_hour, value == today)
