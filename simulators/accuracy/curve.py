"""Sensitivity against false alarms an hour while a threshold moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.accuracy.scoring import Scores
from simulators.accuracy.system import System
from simulators.accuracy.tally import Tally, Watch, rounded


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold: where it puts a detector."""

    threshold: float
    falls: int
    hits: int
    scripted: Watch
    quiet: Watch
    shipped: bool = False
    """Whether this is where the threshold stands today, or in the paper."""

    @property
    def sensitivity(self) -> float | None:
        """Share of the falls that were found; None without falls."""
        return self.hits / self.falls if self.falls else None

    @property
    def watch(self) -> Watch:
        """Scripted and quiet together."""
        return self.scripted + self.quiet

    @property
    def per_hour(self) -> float | None:
        """False alarms an hour, scripted and quiet together; None when no time was watched."""
        return self.watch.per_hour

    @property
    def outcome(self) -> tuple[int, int, int]:
        """Hits, scripted and quiet false alarms: what a threshold may change."""
        return self.hits, self.scripted.false_alarms, self.quiet.false_alarms

    def row(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "threshold": self.threshold,
            "sensitivity": rounded(self.sensitivity),
            "false_alarms_per_hour": rounded(self.per_hour),
            "falls": self.falls,
            "hits": self.hits,
            "false_alarms": self.watch.false_alarms,
            "hours": round(self.watch.hours, 4),
            "quiet_false_alarms": self.quiet.false_alarms,
            "quiet_hours": round(self.quiet.hours, 4),
            "shipped": self.shipped,
        }


@dataclass(frozen=True)
class Curve:
    """One system on one set, by rising threshold."""

    system: System
    set: str
    position: str
    points: tuple[Point, ...]

    @property
    def drawable(self) -> bool:
        """Whether there are falls to find and hours to be wrong in."""
        return any(
            point.sensitivity is not None and point.per_hour is not None for point in self.points
        )

    @property
    def distinct(self) -> tuple[Point, ...]:
        """The points without those at which nothing is other than at the one before."""
        found: list[Point] = []
        for point in self.points:
            if not found or point.shipped or point.outcome != found[-1].outcome:
                found.append(point)
        return tuple(found)

    def at_most(self, per_hour: float) -> Point | None:
        """Return the point that finds most with so many false alarms an hour, or None.

        It is one that was measured: nothing is interpolated between thresholds. Of those that find
        as many it is the quietest.
        """
        within = [
            (point.hits, -rate, number)
            for number, point in enumerate(self.points)
            if point.falls and (rate := point.per_hour) is not None and rate <= per_hour
        ]
        return self.points[max(within)[2]] if within else None


def curves(scores: Scores, system: System) -> dict[str, Curve]:
    """Return a system's curve on every set, as far as its threshold was moved."""
    return _curves(system, {value: scores.sets(system, value) for value in system.thresholds})


def pooled_curves(scores: Scores, system: System) -> dict[str, Curve]:
    """Return the same, of sets pooled as `pooled` does."""
    return _curves(
        system, {value: pooled(scores.sets(system, value)) for value in system.thresholds}
    )


def pooled(sets: Mapping[str, Tally]) -> dict[str, Tally]:
    """Return the sets worn alike as one, those with falls and those of activity only apart.

    >>> list(pooled({"a": Tally(worn="arm", falls=1), "b": Tally(worn="arm")}))
    ['arm, activity only', 'arm, with falls']
    """
    found: dict[str, Tally] = {}
    for tally in sets.values():
        name = f"{tally.worn}, {'with falls' if tally.falls else 'activity only'}"
        found.setdefault(name, Tally(worn=tally.worn))
        found[name] += tally
        found[name].position = ""
    return dict(sorted(found.items()))


def _curves(system: System, at: Mapping[float, Mapping[str, Tally]]) -> dict[str, Curve]:
    return {
        name: Curve(
            system,
            name,
            tally.position or tally.worn,
            tuple(
                _point(value, sets[name], value == system.threshold)
                for value, sets in at.items()
                if name in sets
            ),
        )
        for name, tally in at[system.threshold].items()
    }


def _point(value: float, tally: Tally, shipped: bool) -> Point:
    return Point(value, tally.falls, tally.hits, tally.scripted, tally.quiet, shipped)
