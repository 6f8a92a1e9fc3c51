"""All trainings of one place on the body: what is shipped, each fold's own, and the lines drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from contract.site import Worn
from detectors.dsp.samples import FloatArray, IntArray
from simulators.training.corpus import Corpus
from simulators.training.fitting import Fitted
from simulators.training.folds import FOLDS
from simulators.training.graph import with_offset
from simulators.training.operating_point import Line, Outcome, Scored

PER_HOUR: Mapping[Worn, float] = {"trunk": 0.3, "arm": 0.8}
"""So many false alarms an hour are to be expected of scripted and quiet recordings together."""

LeftOut = tuple[int, ...]


def left_out() -> tuple[LeftOut, ...]:
    """Return which folds each training leaves out.

    None: what is shipped. One: what scores that fold, and draws the line of what is shipped. Two:
    draws the line of either fold on the other, so that neither weights nor line of a fold ever saw
    its people.
    """
    ones = tuple((fold,) for fold in range(FOLDS))
    return ((), *ones, *combinations(range(FOLDS), 2))


@dataclass(frozen=True)
class Weights:
    """Two graphs with their operating point set."""

    graphs: Mapping[str, bytes]
    line: Line


@dataclass(frozen=True)
class CrossFitted:
    """The weights for one place on the body."""

    shipped: Weights
    folds: tuple[Weights, ...]
    outcomes: Mapping[str, Outcome]
    """By set: what each fold's own weights make of its people, impact by impact."""


def cross_fitted(
    corpus: Corpus, fold: IntArray, fits: Mapping[LeftOut, Fitted], per_hour: float
) -> CrossFitted:
    """Draw every line from trainings that left out those it is drawn on.

    Parameters
    ----------
    fold
        Shape (trials,): the fold of each trial's person.
    fits
        What each training of `left_out()` gave.
    """

    def scored(fit: Fitted, of: int) -> Scored:
        return Scored.of(corpus, fit.logits, set(np.flatnonzero(fold == of).tolist()))

    def sums(parts: Iterable[Scored]) -> Scored:
        return sum(parts, Scored(()))

    lines = [
        sums(
            scored(fits[(min(out, other), max(out, other))], other)
            for other in range(FOLDS)
            if other != out
        ).line(per_hour)
        for out in range(FOLDS)
    ]
    shipped_line = sums(scored(fits[(out,)], out) for out in range(FOLDS)).line(per_hour)
    return CrossFitted(
        shipped=_weights(fits[()], shipped_line),
        folds=tuple(_weights(fits[(out,)], lines[out]) for out in range(FOLDS)),
        outcomes={
            name: _outcome(corpus, fold, fits, lines, name)
            for name in sorted({trial.set for trial in corpus.trials})
        },
    )


def _weights(fit: Fitted, line: Line) -> Weights:
    offsets = line._asdict()
    graphs = {stage: with_offset(graph, offsets[stage]) for stage, graph in fit.graphs.items()}
    return Weights(graphs, line)


def _outcome(
    corpus: Corpus,
    fold: IntArray,
    fits: Mapping[LeftOut, Fitted],
    lines: list[Line],
    of_set: str,
) -> Outcome:
    """Return what the folds make of one set, each at its own line."""
    moved: dict[str, FloatArray] = {}
    of_impact = fold[corpus.trial]
    for stage in ("early", "late"):
        moved[stage] = np.full(len(corpus), np.nan, np.float32)
        for out in range(FOLDS):
            mine = of_impact == out
            offset = lines[out]._asdict()[stage]
            moved[stage][mine] = fits[(out,)].logits[stage][mine] - offset
    chosen = {i for i, trial in enumerate(corpus.trials) if trial.set == of_set}
    return Scored.of(corpus, moved, chosen).at(Line(0.0, 0.0))
