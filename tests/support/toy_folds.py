"""Folds for sets of written-down motions: everybody in them trained, and a toy scores them."""

from __future__ import annotations

import json
from pathlib import Path

from simulators.accuracy.cross_fit import LISTED, listed
from simulators.recordings.find import find
from tests.support.toy_weights import write_weights


def write_folds(folder: Path, data: Path, blind: frozenset[str] = frozenset()) -> Path:
    """Write folds of which nothing shipped is needed, and return their folder.

    Fold 0 has the toy weights, fold 1, for the sets in `blind`, those that see nothing.
    """
    write_weights(folder / "fold-0")
    write_weights(folder / "fold-1", blind=True)
    trained_on = ((trial, int(trial.set in blind)) for trial in find([data]))
    (folder / LISTED).write_text(json.dumps(listed(trained_on)), encoding="utf-8")
    return folder
