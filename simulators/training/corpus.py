"""All impacts of some recordings, as the detector would see them, with what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.site import Worn
from detectors.dsp.samples import FloatArray, IntArray
from detectors.fall.candidate import candidates
from detectors.fall.model import LATE
from detectors.fall.window import length, resampled
from simulators.accuracy.sets import read, recordings_under
from simulators.accuracy.stream import T0_NS, sent
from simulators.errors import RecordingError
from simulators.recordings.trial import Trial
from simulators.training.label import label_of

Person = tuple[str, str]
"""A set and a subject."""
Progress = Callable[[int, int], None]
"""Told how many bytes of recordings are done, and of how many."""


class Impact(NamedTuple):
    """One candidate of the detector's."""

    trial: int
    peak_s: float
    label: int
    samples: FloatArray


@dataclass(frozen=True, eq=False)
class Corpus:
    """Trials of devices worn alike, and every impact in them."""

    trials: tuple[Trial, ...]
    samples: FloatArray
    """Windows (n, t, 3) as `detectors.fall.window.resampled` gives them, up to the late stage."""
    trial: IntArray
    """Shape (n,): to which of the trials each belongs; those of one are in the order of time."""
    peak_s: NDArray[np.float64]
    """Shape (n,): when each was, from the first sample of its trial."""
    label: IntArray
    """Shape (n,), of `simulators.training.label.Label`."""

    def __len__(self) -> int:
        return len(self.trial)

    @classmethod
    def of(cls, trials: list[Trial], impacts: list[Impact]) -> Corpus:
        """Return the corpus of some trials and the impacts in them."""
        return cls(
            trials=tuple(trials),
            samples=np.array([impact.samples for impact in impacts], np.float32).reshape(
                -1, length(LATE.after_s), 3
            ),
            trial=np.array([impact.trial for impact in impacts], np.int64),
            peak_s=np.array([impact.peak_s for impact in impacts], np.float64),
            label=np.array([impact.label for impact in impacts], np.int64),
        )


def corpora(
    folder: Path, progress: Progress = lambda done, total: None
) -> tuple[dict[Worn, Corpus], tuple[str, ...]]:
    """Return what is recorded under a folder, by where it was worn, and what could not be read.

    Raises
    ------
    RecordingError
        When there is no recording under the folder.
    """
    files = recordings_under(folder)
    total, done = sum(path.stat().st_size for path in files), 0
    trials: dict[Worn, list[Trial]] = {"trunk": [], "arm": []}
    impacts: dict[Worn, list[Impact]] = {"trunk": [], "arm": []}
    passed_over = []
    for path in files:
        try:
            for trial in read(path):
                impacts[trial.worn] += impacts_of(trial, len(trials[trial.worn]))
                trials[trial.worn].append(trial)
        except RecordingError as error:
            passed_over.append(str(error))
        done += path.stat().st_size
        progress(done, total)
    found = {worn: Corpus.of(trials[worn], impacts[worn]) for worn in trials if trials[worn]}
    return found, tuple(passed_over)


def impacts_of(trial: Trial, number: int) -> Iterator[Impact]:
    """Yield what the detector would look at in a trial, which is the `number`-th of its corpus."""
    for candidate in candidates(sent(trial)):
        peak_s = (candidate.peak_ns - T0_NS) / 1e9
        yield Impact(
            number,
            peak_s,
            label_of(trial, peak_s),
            resampled(candidate.accel, candidate.odr_hz, candidate.peak, LATE.after_s),
        )
