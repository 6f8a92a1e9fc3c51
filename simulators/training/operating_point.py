"""Where to draw the line between fall and activity, on people whom the weights never saw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detectors.dsp.samples import FloatArray
from detectors.fall.model import EARLY, LATE
from simulators.accuracy.tally import fall_of
from simulators.accuracy.truth import Claim, Fall, judge
from simulators.errors import TrainingError
from simulators.training.corpus import Corpus

STRICTER = (0.0, 1.0, 2.0, 3.0)
"""By how much more the early look must be convinced than the late one, in logits."""
TAIL = 60
"""So many of the highest logits make the tail."""
REST_S = 10.0
"""How long a fall that was told keeps others from being told: about as the detector does."""
WORTH_WAITING = 0.005
"""A later decision must find this share more of the falls."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line makes of some recordings."""

    falls: int
    hits: int
    false_alarms: int
    everyday_s: float
    latency_p50_s: float | None

    @property
    def sensitivity(self) -> float:
        """Share of the falls that were found."""
        return self.hits / max(1, self.falls)

    @property
    def per_hour(self) -> float:
        """False alarms an hour of everyday recordings."""
        return 3600 * self.false_alarms / max(1.0, self.everyday_s)


class Line(NamedTuple):
    """From which logit on each stage takes a blow for a fall."""

    early: float
    late: float


class _Impact(NamedTuple):
    peak_s: float
    early: float
    late: float


@dataclass(frozen=True)
class Scored:
    """Recordings with the logits of every impact in them, by weights that never saw them."""

    trials: tuple[tuple[Fall | None, float, tuple[_Impact, ...]], ...]
    """Of each: the fall, the everyday seconds, and the impacts in the order of time."""

    @classmethod
    def of(cls, corpus: Corpus, logits: Mapping[str, FloatArray], chosen: set[int]) -> Scored:
        """Return the chosen trials of a corpus, by their numbers."""
        impacts: dict[int, list[_Impact]] = {number: [] for number in sorted(chosen)}
        for i in np.argsort(corpus.peak_s, kind="stable").tolist():
            if (number := int(corpus.trial[i])) in impacts:
                early, late = float(logits[EARLY.name][i]), float(logits[LATE.name][i])
                impacts[number].append(_Impact(float(corpus.peak_s[i]), early, late))
        trials = []
        for number, found in impacts.items():
            trial = corpus.trials[number]
            fall = fall_of(trial)
            trials.append((fall, 0.0 if fall else trial.duration_s, tuple(found)))
        return cls(tuple(trials))

    def __add__(self, other: Scored) -> Scored:
        return Scored(self.trials + other.trials)

    def at(self, line: Line) -> Outcome:
        """Return what a line makes of them."""
        falls = hits = alarms = 0
        everyday_s = 0.0
        latencies = []
        for fall, seconds, impacts in self.trials:
            verdict = judge(fall, tuple(_claims(impacts, line)))
            falls += fall is not None
            everyday_s += seconds
            alarms += len(verdict.false_alarms)
            latency_s = None if fall is None else verdict.latency_s(fall)
            if latency_s is not None:
                hits += 1
                latencies.append(latency_s)
        p50_s = float(np.median(latencies)) if latencies else None
        return Outcome(falls, hits, alarms, everyday_s, p50_s)

    def line(self, per_hour: float) -> Line:
        """Return the line that finds most with so many false alarms an hour to be expected.

        What to expect is read off the tail of the everyday recordings' highest logits, taken for
        exponential (peaks over a threshold: Davison A. C., Smith R. L., J. R. Stat. Soc. B 52
        (1990) 393-442): at rates that are worth having, a count would rest on two or three alarms.
        Recordings of falls do not count, because not all that is told in them is false.

        Of lines that find nearly as much, it is the one that decides soonest.
        """
        drawn = [self._drawn(stricter, per_hour) for stricter in STRICTER]
        outcomes = [(line, self.at(line)) for line in drawn]
        most = max(outcome.sensitivity for _, outcome in outcomes)
        near = [each for each in outcomes if each[1].sensitivity >= most - WORTH_WAITING]
        return min(near, key=lambda each: (each[1].latency_p50_s or 0, -each[1].sensitivity))[0]

    def _drawn(self, stricter: float, per_hour: float) -> Line:
        """Return the line beyond which the tail holds `per_hour`."""
        highest = sorted(self._highest(stricter), reverse=True)
        tail = highest[: min(TAIL, len(highest) // 2)]
        hours = sum(seconds for _, seconds, _ in self.trials) / 3600
        if len(tail) < 2:
            raise TrainingError("too few everyday recordings to draw a line on")
        mean_excess = sum(value - tail[-1] for value in tail[:-1]) / (len(tail) - 1)
        late = tail[-1] + mean_excess * math.log(len(tail) / hours / per_hour)
        return Line(late + stricter, late)

    def _highest(self, stricter: float) -> Iterator[float]:
        """Yield the highest logit of each run of blows that would be told but once."""
        for fall, _, impacts in self.trials:
            if fall is not None:
                continue
            until_s, highest = -math.inf, -math.inf
            for impact in impacts:
                if impact.peak_s >= until_s:
                    if highest > -math.inf:
                        yield highest
                    until_s, highest = impact.peak_s + REST_S, -math.inf
                highest = max(highest, impact.early - stricter, impact.late)
            if highest > -math.inf:
                yield highest


def _claims(impacts: tuple[_Impact, ...], line: Line) -> Iterator[Claim]:
    until_s = -math.inf
    for impact in impacts:
        if impact.peak_s < until_s:
            continue
        if impact.early >= line.early:
            stage = EARLY
        elif impact.late >= line.late:
            stage = LATE
        else:
            continue
        until_s = impact.peak_s + REST_S
        yield Claim(impact.peak_s, impact.peak_s + stage.after_s)
