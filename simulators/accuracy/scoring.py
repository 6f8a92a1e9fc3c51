"""Every recording of a folder through every system, on all processors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from simulators.accuracy.baselines.baseline import Baseline
from simulators.accuracy.common_rate import at_rate
from simulators.accuracy.cross_fit import Known
from simulators.accuracy.sets import Up, mounting, read, recordings_under
from simulators.accuracy.stream import sent
from simulators.accuracy.sweep import claims_at
from simulators.accuracy.system import System
from simulators.accuracy.tally import Tally, fall_of, sum_of
from simulators.accuracy.truth import judge
from simulators.errors import RecordingError
from simulators.pool import each_done
from simulators.recordings.trial import Trial


class Where(NamedTuple):
    """Which recordings are counted together."""

    set: str
    position: str
    known: Known = "not told"
    """What the weights that scored them know of their people."""


At = tuple[str, float]
"""A system, and where its threshold stood."""
Tallies = dict[At, dict[Where, Tally]]
Part = Tallies | str
"""What came of a file; or why it could not be read."""
Progress = Callable[[int, int], None]
"""Told how many bytes of recordings are done, and of how many."""


@dataclass(frozen=True)
class Plan:
    """What is to be scored, and how."""

    systems: tuple[System, ...]
    moved: frozenset[str] = frozenset()
    """The systems whose threshold is moved for a curve, by name."""
    rate_hz: float | None = None
    """Bring all recordings to this rate first; None leaves each at its own."""
    only: frozenset[str] | None = None
    """Names of the sets that are scored; None stands for all."""

    def thresholds(self, system: System) -> tuple[float, ...]:
        """Return where a system's threshold is to stand."""
        return system.thresholds if system.name in self.moved else (system.threshold,)


@dataclass
class Scores:
    """What came of it: tallies by system, threshold and set; and files that could not be read."""

    tallies: Tallies = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)

    def sets(self, system: System, threshold: float | None = None) -> dict[str, Tally]:
        """Return a system's tallies by set; by set and position where there are several."""
        return {
            name: sum_of(by_known.values())
            for name, by_known in self.known(system, threshold).items()
        }

    def known(
        self, system: System, threshold: float | None = None
    ) -> dict[str, dict[Known, Tally]]:
        """Return the same, apart by what the weights know of the people."""
        at = system.threshold if threshold is None else threshold
        found = self.tallies.get((system.name, at), {})
        positions: dict[str, set[str]] = {}
        for where in found:
            positions.setdefault(where.set, set()).add(where.position)
        by_set: dict[str, dict[Known, Tally]] = {}
        for where in sorted(found):
            alone = len(positions[where.set]) == 1
            name = where.set if alone else f"{where.set}/{where.position}"
            by_set.setdefault(name, {})[where.known] = found[where]
        return by_set

    def add(self, tallies: Mapping[At, Mapping[Where, Tally]]) -> None:
        """Take in what came of another file."""
        for at, by_where in tallies.items():
            held = self.tallies.setdefault(at, {})
            for where, tally in by_where.items():
                held.setdefault(where, Tally())
                held[where] += tally


def score_folder(
    folder: Path,
    plan: Plan,
    processes: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Scores:
    """Carry out a plan on all recordings under a folder; the same on any number of processes.

    Raises
    ------
    RecordingError
        When there is no recording under the folder that can be read.
    AccuracyError
        When a detector cannot be scored.
    """
    files = recordings_under(folder)
    sizes = {path: path.stat().st_size for path in files}
    total, done = sum(sizes.values()), 0
    # The largest first, so that no process is left alone with it at the end.
    jobs = {path: path for path in sorted(files, key=lambda path: -sizes[path])}
    parts: dict[Path, Part] = {}
    for path, part in each_done(partial(score_file, plan=plan), jobs, processes):
        parts[path] = part
        done += sizes[path]
        progress(done, total)
    scores = Scores()
    for path in files:  # in order of name, whichever was done first
        part = parts[path]
        if isinstance(part, str):
            scores.passed_over.append(part)
        else:
            scores.add(part)
    if not scores.tallies and scores.passed_over:
        raise RecordingError(f"nothing could be read: {'; '.join(scores.passed_over)}")
    return scores


def score_file(path: Path, plan: Plan) -> Part:
    """Return what comes of one file, or why it cannot be read."""
    try:
        trials = [trial for trial in read(path) if plan.only is None or trial.set in plan.only]
        return score_trials(trials, plan) if trials else {}
    except RecordingError as error:
        return str(error)


def score_trials(trials: Sequence[Trial], plan: Plan) -> Tallies:
    """Return what systems make of some recordings from one file."""
    scored_by = [(system, system.for_trials(trials)) for system in plan.systems]
    if plan.rate_hz is not None:
        trials = at_rate(trials, plan.rate_hz)
    up = mounting(trials)
    tallies: Tallies = {}
    for number, trial in enumerate(trials):
        received, fall = sent(trial), fall_of(trial)
        position = trial.position or trial.worn
        for asked, of_trials in scored_by:
            system, known = of_trials[number]
            where = Where(trial.set, position, known)
            thresholds = plan.thresholds(asked)
            claimed = claims_at(received, trial.worn, worn(system, up), thresholds)
            for threshold, claims in zip(thresholds, claimed, strict=True):
                by_where = tallies.setdefault((asked.name, threshold), {})
                tally = by_where.setdefault(where, Tally(position, trial.worn))
                tally.count(trial, judge(fall, claims))
    return tallies


def worn(system: System, up: Up) -> System:
    """Return a system for a device worn this way up; ours must find out by itself."""
    if isinstance(system.detector, Baseline):
        return replace(system, detector=system.detector.mounted(up))
    return system
