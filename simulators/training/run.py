"""The whole training: recordings in; weights, folds and a model card out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from contract.site import Worn
from simulators.errors import TrainingError
from simulators.pool import each_done
from simulators.training.corpus import Corpus, corpora
from simulators.training.cross_fitting import (
    PER_HOUR,
    CrossFitted,
    LeftOut,
    cross_fitted,
    left_out,
)
from simulators.training.fitting import EFFORT, Effort, Fitted, Task, fitted, prepare
from simulators.training.folds import FOLDS, folds
from simulators.training.label import Label

LEAST_FALLS = 50
"""Impacts of falls; from fewer nothing can be learned and no line be drawn."""
Said = Callable[[str], None]
"""Told what is being done, in words."""


@dataclass(frozen=True)
class Trained:
    """What was trained, on what."""

    corpora: Mapping[Worn, Corpus]
    fold_of: Mapping[tuple[str, str], int]
    models: Mapping[Worn, CrossFitted]
    passed_over: tuple[str, ...] = ()
    """Files that could not be read."""


def train(
    data: Path,
    say: Said = lambda words: None,
    processes: int | None = None,
    effort: Mapping[Worn, Effort] = EFFORT,
) -> Trained:
    """Train the models for trunk and arm on all recordings under a folder.

    Raises
    ------
    RecordingError
        When there is no recording under the folder.
    TrainingError
        When there are too few falls or people for a place on the body.
    """
    say("reading recordings, and looking for blows as the detector does …")
    found, passed_over = corpora(data)
    return replace(train_on(found, say, processes, effort), passed_over=passed_over)


def train_on(
    found: Mapping[Worn, Corpus],
    say: Said = lambda words: None,
    processes: int | None = None,
    effort: Mapping[Worn, Effort] = EFFORT,
) -> Trained:
    """Train on what was read already.

    Raises
    ------
    TrainingError
        When there are too few falls or people for a place on the body.
    """
    fold_of = folds(trial for corpus in found.values() for trial in corpus.trials)
    for worn in ("trunk", "arm"):
        _sufficient(worn, found.get(worn), fold_of)
    models: dict[Worn, CrossFitted] = {}
    with tempfile.TemporaryDirectory(prefix="floorwatch-train-") as scratch:
        for worn, corpus in found.items():
            falls = int((corpus.label == Label.FALL).sum())
            say(f"{worn}: {len(corpus)} blows in {len(corpus.trials)} recordings, {falls} of falls")
            folder = Path(scratch) / worn
            folder.mkdir()
            fold = np.array([fold_of[trial.set, trial.subject] for trial in corpus.trials])
            prepare(folder, corpus, fold[corpus.trial], effort[worn])
            fits: dict[LeftOut, Fitted] = {}
            tasks = {out: Task(folder, out, effort[worn]) for out in left_out()}
            for out, fit in each_done(fitted, tasks, processes):
                fits[out] = fit
                say(f"{worn}: training {len(fits)} of {len(left_out())} done")
            models[worn] = cross_fitted(corpus, fold, fits, PER_HOUR[worn])
    return Trained(found, fold_of, models)


def _sufficient(worn: str, corpus: Corpus | None, fold_of: Mapping[tuple[str, str], int]) -> None:
    falls = 0 if corpus is None else int((corpus.label == Label.FALL).sum())
    if corpus is None or falls < LEAST_FALLS:
        raise TrainingError(
            f"{falls} blows of falls by devices worn on the {worn}, of {LEAST_FALLS} that are "
            "needed; name a folder with more recordings"
        )
    faller_folds = {fold_of[trial.set, trial.subject] for trial in corpus.trials if trial.is_fall}
    if len(faller_folds) < FOLDS:
        raise TrainingError(
            f"fewer than {FOLDS} people fall with a device on the {worn}: nobody could be left out"
        )
