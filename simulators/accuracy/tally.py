"""Falls found and false alarms, counted over recordings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from simulators.accuracy.poisson import interval
from simulators.accuracy.truth import Fall, Verdict
from simulators.recordings.trial import Trial

QUIET_FROM_S = 600.0
"""Who is recorded for ten minutes on end lives; shorter recordings are acts from a script, dense in
jumps and in dropping into chairs. Their rates are worlds apart, so they are counted apart."""


@dataclass
class Watch:
    """False alarms, and for how long nobody fell while they were counted."""

    false_alarms: int = 0
    seconds: float = 0.0

    @property
    def hours(self) -> float:
        """For how long nobody fell."""
        return self.seconds / 3600

    @property
    def per_hour(self) -> float | None:
        """False alarms an hour; None when no time was watched."""
        return self.false_alarms / self.hours if self.seconds else None

    @property
    def per_hour_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `per_hour`, from the count (Garwood)."""
        if not self.seconds:
            return None
        low, high = interval(self.false_alarms)
        return low / self.hours, high / self.hours

    def __add__(self, other: Watch) -> Watch:
        return Watch(self.false_alarms + other.false_alarms, self.seconds + other.seconds)

    def row(self) -> dict[str, Any]:
        """Return it for a program."""
        between = self.per_hour_interval
        return {
            "false_alarms": self.false_alarms,
            "hours": round(self.hours, 4),
            "false_alarms_per_hour": _rounded(self.per_hour),
            "false_alarms_per_hour_95": None if between is None else [round(x, 4) for x in between],
        }


@dataclass
class Tally:
    """What one detector made of the recordings of one set.

    Time in recordings of falls is not counted, but false alarms in them are: so the rate errs
    against the detector.
    """

    position: str = ""
    worn: str = ""
    falls: int = 0
    scripted: Watch = field(default_factory=Watch)
    quiet: Watch = field(default_factory=Watch)
    latencies_s: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    alarming: Counter[str] = field(default_factory=Counter)
    """False alarms by what somebody was doing."""

    @property
    def hits(self) -> int:
        """How many falls were found."""
        return len(self.latencies_s)

    @property
    def sensitivity(self) -> float | None:
        """Share of the falls that were found; None without falls."""
        return self.hits / self.falls if self.falls else None

    @property
    def everywhere(self) -> Watch:
        """Scripted and quiet together."""
        return self.scripted + self.quiet

    def latency_s(self, percent: float) -> float | None:
        """Return a percentile of the time from impact to decision over the hits."""
        return float(np.percentile(self.latencies_s, percent)) if self.latencies_s else None

    def count(self, trial: Trial, verdict: Verdict) -> None:
        """Take in the verdict on a recording."""
        alarms = len(verdict.false_alarms)
        if alarms:
            self.alarming[trial.activity] += alarms
        fall = fall_of(trial)
        if fall is None:
            watch = self.quiet if trial.duration_s >= QUIET_FROM_S else self.scripted
            watch.false_alarms += alarms
            watch.seconds += trial.duration_s
            return
        self.falls += 1
        self.scripted.false_alarms += alarms
        latency_s = verdict.latency_s(fall)
        if latency_s is None:
            self.missed.append(trial.name)
        else:
            self.latencies_s.append(latency_s)

    def __iadd__(self, other: Tally) -> Self:
        self.position = self.position or other.position
        self.worn = self.worn or other.worn
        self.falls += other.falls
        self.scripted += other.scripted
        self.quiet += other.quiet
        self.latencies_s += other.latencies_s
        self.missed += other.missed
        self.alarming += other.alarming
        return self

    def row(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "position": self.position,
            "worn": self.worn,
            "falls": self.falls,
            "hits": self.hits,
            "sensitivity": _rounded(self.sensitivity),
            **self.everywhere.row(),
            "latency_p50_s": _rounded(self.latency_s(50)),
            "latency_p95_s": _rounded(self.latency_s(95)),
            "latency_max_s": _rounded(self.latency_s(100)),
            "scripted": self.scripted.row(),
            "quiet": self.quiet.row(),
            "missed": self.missed,
            "alarming": dict(self.alarming.most_common()),
        }


def fall_of(trial: Trial) -> Fall | None:
    """Return the fall that was recorded in a trial, if one was."""
    return Fall(trial.peak_s, trial.onset_s, trial.end_s) if trial.is_fall else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
