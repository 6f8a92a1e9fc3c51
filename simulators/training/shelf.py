"""Where trained weights are put: the shipped ones in one folder, each fold's in another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.site import Worn
from detectors.fall import weights as shipped_weights
from detectors.fall.model import CARD
from simulators.accuracy.cross_fit import FOLDS as SHIPPED_FOLDS
from simulators.accuracy.cross_fit import LISTED, listed
from simulators.training.card import card, file_name
from simulators.training.card_page import page
from simulators.training.cross_fitting import Weights
from simulators.training.fitting import EFFORT, Effort
from simulators.training.folds import FOLDS
from simulators.training.run import Trained

MODEL_CARD = "MODEL_CARD.md"


def shipped() -> tuple[Path, Path]:
    """Return where this checkout keeps the weights that it ships, and their folds."""
    (package,) = shipped_weights.__path__
    return Path(package), SHIPPED_FOLDS


def put(
    trained: Trained, weights: Path, folds: Path, effort: Mapping[Worn, Effort] = EFFORT
) -> tuple[Path, ...]:
    """Write the weights with their card, and every fold's; return what was written."""
    written = [
        *_put(weights, {worn: model.shipped for worn, model in trained.models.items()}),
        _text(weights / CARD, _json(shipping := card(trained.corpora, trained.models, effort))),
        _text(weights / MODEL_CARD, page(shipping)),
    ]
    for fold in range(FOLDS):
        folder = folds / f"fold-{fold}"
        written += _put(folder, {worn: each.folds[fold] for worn, each in trained.models.items()})
        told = card(trained.corpora, trained.models, effort, fold)
        written.append(_text(folder / CARD, _json(told)))
    everybody = (
        (trial, trained.fold_of[trial.set, trial.subject])
        for corpus in trained.corpora.values()
        for trial in corpus.trials
    )
    written.append(_text(folds / LISTED, _json(listed(everybody))))
    return tuple(written)


def _put(folder: Path, models: Mapping[Worn, Weights]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for worn, weights in models.items():
        for stage, graph in weights.graphs.items():
            path = folder / file_name(worn, stage)
            path.write_bytes(graph)
            written.append(path)
    return written


def _text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=False) + "\n"
