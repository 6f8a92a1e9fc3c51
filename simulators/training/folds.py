"""Who is left out of which training: nobody may be scored by weights that saw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from simulators.recordings.trial import Trial
from simulators.training.corpus import Person

FOLDS = 5
SEED = 0


def folds(trials: Iterable[Trial]) -> Mapping[Person, int]:
    """Return the fold of every person of some trials, worn on the trunk or on an arm.

    Those of each set are dealt out one by one, whoever falls first, so that each fold has its share
    of each set and of its falls.
    """
    falls: dict[Person, bool] = {}
    for trial in trials:
        person = (trial.set, trial.subject)
        falls[person] = falls.get(person, False) or trial.is_fall
    rng = np.random.default_rng(SEED)
    dealt: dict[Person, int] = {}
    for name in sorted({of_set for of_set, _ in falls}):
        people = sorted(person for person in falls if person[0] == name)
        shuffled = [people[i] for i in rng.permutation(len(people))]
        shuffled.sort(key=lambda person: not falls[person])
        dealt |= {person: number % FOLDS for number, person in enumerate(shuffled)}
    return dealt
