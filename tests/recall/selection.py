"""Which recordings are replayed: chosen by a rule that knows no result.

Kinds of fall and of activity are taken in the order of their names, people in the order of theirs.
The n-th choice is the n-th kind, done by the n-th person who has a trial of it, the first such
trial; both lists begin again when they end. Nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulators.recordings.find import find
from simulators.recordings.trial import Trial

COUNT = 20


def chosen(folder: Path, *, falls: bool, count: int = COUNT) -> list[Trial]:
    """Return `count` trials of a SisFall folder."""
    everything = [trial for trial in find([folder]) if trial.is_fall == falls]
    kinds = sorted({trial.activity for trial in everything})
    return [_nth(n, kinds[n % len(kinds)], everything) for n in range(count)]


def _nth(n: int, kind: str, everything: Sequence[Trial]) -> Trial:
    of_kind = [trial for trial in everything if trial.activity == kind]
    people = sorted({trial.subject for trial in of_kind})
    person = people[n % len(people)]
    return min(
        (trial for trial in of_kind if trial.subject == person), key=lambda trial: trial.trial
    )
