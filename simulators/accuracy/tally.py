"""Falls found and false alarms, counted over recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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
            "false_alarms_per_hour": rounded(self.per_hour),
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
    """The falls that were not found, by name of recording."""
    missing: Counter[str] = field(default_factory=Counter)
    """The same, by how somebody fell."""
    elsewhere: list[str] = field(default_factory=list)
    """Those of them in which a fall was claimed, but not near the impact that was recorded."""
    alarms: Counter[str] = field(default_factory=Counter)
    """False alarms by name of recording."""
    alarming: Counter[str] = field(default_factory=Counter)
    """The same, by what somebody was doing."""

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
            self.alarms[trial.name] += alarms
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
            self.missing[trial.activity] += 1
            if alarms:
                self.elsewhere.append(trial.name)
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
        self.missing += other.missing
        self.elsewhere += other.elsewhere
        self.alarms += other.alarms
        self.alarming += other.alarming
        return self

    def row(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "position": self.position,
            "worn": self.worn,
            "falls": self.falls,
            "hits": self.hits,
            "sensitivity": rounded(self.sensitivity),
            **self.everywhere.row(),
            "latency_p50_s": rounded(self.latency_s(50)),
            "latency_p95_s": rounded(self.latency_s(95)),
            "latency_max_s": rounded(self.latency_s(100)),
            "scripted": self.scripted.row(),
            "quiet": self.quiet.row(),
            "missed": self.missed,
            "missing": dict(self.missing.most_common()),
            "elsewhere": self.elsewhere,
            "alarming": dict(self.alarming.most_common()),
        }


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return what several tallies say together."""
    total = Tally()
    for each in tallies:
        total += each
    return total


def fall_of(trial: Trial) -> Fall | None:
    """Return the fall that was recorded in a trial, if one was."""
    return Fall(trial.peak_s, trial.onset_s, trial.end_s) if trial.is_fall else None


def rounded(value: float | None) -> float | None:
    """Return a figure for a program, without digits that nothing bears out."""
    return None if value is None else round(value, 4)
