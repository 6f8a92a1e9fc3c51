"""The recordings under a folder, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from simulators.errors import RecordingError
from simulators.recordings.find import find, recognise
from simulators.recordings.trial import Trial

Up = tuple[float, float, float]


def recordings_under(folder: Path) -> tuple[Path, ...]:
    """Return the files under a folder that hold recorded trials, in order of name.

    An `.npz` is one of them whatever is in it: one that cannot be read is not to go unnoticed.

    Raises
    ------
    RecordingError
        When there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise RecordingError(f"{folder}: there is no such folder; name the one that holds the sets")
    found = tuple(path for path in sorted(folder.rglob("*")) if _holds_trials(path))
    if not found:
        raise RecordingError(
            f"{folder}: no recordings in it; wanted are sets in the format of recordings/imu, one "
            "sub-folder a set with an .npz a person or for all of them"
        )
    return found


def read(path: Path) -> list[Trial]:
    """Return the trials of a file, or raise `RecordingError`, which names it."""
    return list(find([path]))


def mounting(trials: Iterable[Trial]) -> Up:
    """Return which way was up for the device in some trials: the mean of all that it measured.

    A published rule with a fixed vertical axis knows how its device is worn. This tells it, from
    the everyday recordings of the same file, the later ones too: that flatters it.
    """
    trials = list(trials)
    everyday = [trial for trial in trials if not trial.is_fall] or trials
    total = np.sum([trial.accel_g.sum(axis=0, dtype=np.float64) for trial in everyday], axis=0)
    x, y, z = (total / max(1e-9, float(np.linalg.norm(total)))).tolist()
    return x, y, z


def _holds_trials(path: Path) -> bool:
    if not path.is_file():
        return False
    if path.suffix == ".npz":
        return True
    if path.suffix not in (".txt", ".csv"):
        return False
    try:
        return recognise(path) in ("sisfall", "urfd")
    except RecordingError:
        return False
