"""Every recording of a folder through every system, on all processors."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from detectors.detector import AnyDetector
from simulators.accuracy.baselines.baseline import Baseline
from simulators.accuracy.sets import Up, mounting, read, recordings_under
from simulators.accuracy.stream import claims, sent
from simulators.accuracy.system import System
from simulators.accuracy.tally import Tally, fall_of
from simulators.accuracy.truth import judge
from simulators.errors import RecordingError
from simulators.recordings.trial import Trial

Where = tuple[str, str]
"""A set and a position on the body."""
Part = dict[str, dict[Where, Tally]] | str
"""What came of a file, by system; or why it could not be read."""
Progress = Callable[[int, int], None]
"""Told how many bytes of recordings are done, and of how many."""


@dataclass
class Scores:
    """What came of it: tallies by system, set and position; and files that could not be read."""

    tallies: dict[str, dict[Where, Tally]] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)

    def sets(self, system: str) -> dict[str, Tally]:
        """Return a system's tallies by set; by set and position where there are several."""
        found = self.tallies.get(system, {})
        positions = [name for name, _ in found]
        return {
            name if positions.count(name) == 1 else f"{name}/{position}": tally
            for (name, position), tally in sorted(found.items())
        }

    def add(self, tallies: Mapping[str, Mapping[Where, Tally]]) -> None:
        """Take in what came of another file."""
        for system, by_where in tallies.items():
            held = self.tallies.setdefault(system, {})
            for where, tally in by_where.items():
                held.setdefault(where, Tally())
                held[where] += tally


def score_folder(
    folder: Path,
    systems: Sequence[System],
    processes: int | None = None,
    progress: Progress = lambda done, total: None,
    only: frozenset[str] | None = None,
) -> Scores:
    """Score systems on all recordings under a folder; the same on any number of processes.

    With `only`, the other sets are left out.

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
    workers = min(processes or os.cpu_count() or 1, len(files))
    parts: dict[Path, Part] = {}
    for path, part in _parts(files, systems, only, workers):
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


def _parts(
    files: Sequence[Path], systems: Sequence[System], only: frozenset[str] | None, workers: int
) -> Iterator[tuple[Path, Part]]:
    """Yield what comes of each file, as it is done."""
    if workers == 1:
        for path in files:
            yield path, score_file(path, systems, only)
        return
    # Not forked: a child of a process with threads, as a progress bar's, may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        # The largest first, so that no process is left alone with it at the end.
        waiting = {
            pool.submit(score_file, path, systems, only): path
            for path in sorted(files, key=lambda path: -path.stat().st_size)
        }
        try:
            for each in as_completed(waiting):
                yield waiting[each], each.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def score_file(path: Path, systems: Sequence[System], only: frozenset[str] | None = None) -> Part:
    """Return what systems make of one file, or why it cannot be read."""
    try:
        trials = [trial for trial in read(path) if only is None or trial.set in only]
        return score_trials(trials, systems) if trials else {}
    except RecordingError as error:
        return str(error)


def score_trials(
    trials: Sequence[Trial], systems: Sequence[System]
) -> dict[str, dict[Where, Tally]]:
    """Return what systems make of some recordings from one file."""
    up = mounting(trials)
    detectors = {system.name: worn(system.detector, up) for system in systems}
    tallies: dict[str, dict[Where, Tally]] = {name: {} for name in detectors}
    for trial in trials:
        received = sent(trial)
        position = trial.position or trial.worn
        for name, detector in detectors.items():
            verdict = judge(fall_of(trial), claims(received, trial.worn, [detector]))
            here = tallies[name].setdefault(
                (trial.set, position), Tally(position=position, worn=trial.worn)
            )
            here.count(trial, verdict)
    return tallies


def worn(detector: AnyDetector, up: Up) -> AnyDetector:
    """Return a detector for a device worn this way up; ours must find out by itself."""
    return detector.mounted(up) if isinstance(detector, Baseline) else detector
