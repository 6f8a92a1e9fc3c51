"""Who trained the shipped weights, and which weights never saw them.

Weights know the people whom they were trained on, and a score on those people says nothing. So
whoever trained the shipped weights is scored with others, of the same make, from whose training
they were left out: a fold's. Everybody else is scored with what is shipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from simulators.accuracy.identity import identity_of
from simulators.errors import AccuracyError
from simulators.recordings.trial import Trial

FOLDS = Path(__file__).parent / "folds"
"""The folds of the shipped weights. `floorwatch train falls` writes such a folder."""
LISTED = "folds.json"

Known = Literal["cross-fitted", "in training", "new people", "new set", "not told"]
"""What the weights that score somebody know of them.

`cross-fitted`
    They trained the shipped weights; weights that never saw them score them.
`in training`
    They trained the weights that score them, so it is no test.
`new people`
    No weights saw them, but others of a set of this name.
`new set`
    No weights saw anybody of a set of this name.
`not told`
    The detector has no weights, or nobody knows where they come from.
"""


@dataclass(frozen=True)
class CrossFit:
    """The folds of some weights: for each recording that trained them, those that it did not."""

    folder: Path
    sets: frozenset[str] = frozenset()
    """Names of the sets that were trained on."""
    fold_of: Mapping[str, int] = field(default_factory=dict)
    """By the identity of a recording."""

    def weights(self, trials: Sequence[Trial]) -> list[tuple[int | None, Known]]:
        """Return the fold by whose weights each trial is to be scored, and what they know of it.

        A recording that is not known itself, of somebody of whom another one in `trials` is known,
        is theirs: weights know a person, not a recording. None stands for what is shipped.
        """
        known = [self.fold_of.get(identity_of(trial)) for trial in trials]
        of_person: dict[tuple[str, str], int] = {}
        for trial, fold in zip(trials, known, strict=True):
            if fold is not None:
                of_person.setdefault((trial.set, trial.subject), fold)
        found: list[tuple[int | None, Known]] = []
        for trial, fold in zip(trials, known, strict=True):
            if fold is None:
                fold = of_person.get((trial.set, trial.subject))
            if fold is not None:
                found.append((fold, "cross-fitted"))
            else:
                found.append((None, "new people" if trial.set in self.sets else "new set"))
        return found

    def path(self, fold: int) -> Path:
        """Return the folder with a fold's weights."""
        return self.folder / f"fold-{fold}"


def cross_fit(folder: Path) -> CrossFit:
    """Read the folds in a folder.

    Raises
    ------
    AccuracyError
        When there are none, the list is not one, or a fold that it names has no weights.
    """
    file = folder / LISTED
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        read = CrossFit(
            folder,
            frozenset(listed["sets"]),
            {
                identity: int(fold)
                for name, people in listed["sets"].items()
                for person, fold in people.items()
                for identity in listed["recordings"][name][person]
            },
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AccuracyError(
            f"{file}: not a list of folds: {error!r}; `floorwatch train falls` writes one"
        ) from None
    for fold in sorted(set(read.fold_of.values())):
        if not read.path(fold).is_dir():
            raise AccuracyError(f"{file} names fold {fold}; there is no folder {read.path(fold)}")
    return read


def listed(trained_on: Iterable[tuple[Trial, int]]) -> dict[str, Any]:
    """Return what goes into `folds.json`: every recording with the fold that never saw it.

    Raises
    ------
    AccuracyError
        When somebody, or the same recording by two names, is in two folds: weights of either would
        have seen it.
    """
    sets: dict[str, dict[str, int]] = {}
    fold_of: dict[str, int] = {}
    recordings: dict[str, dict[str, list[str]]] = {}
    for trial, fold in trained_on:
        people = sets.setdefault(trial.set, {})
        if people.setdefault(trial.subject, fold) != fold:
            raise AccuracyError(
                f"{trial.set}/{trial.subject} is in fold {people[trial.subject]} and in {fold}"
            )
        identity = identity_of(trial)
        if fold_of.setdefault(identity, fold) != fold:
            raise AccuracyError(f"{trial.name} is in fold {fold_of[identity]} and in {fold}")
        recordings.setdefault(trial.set, {}).setdefault(trial.subject, []).append(identity)
    return {"sets": sets, "recordings": recordings}
