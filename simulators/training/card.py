"""The model card: what the weights were trained on, how well they do, where they do not hold.

After Mitchell M. et al., "Model cards for model reporting", FAT* 2019, pp. 220-229.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from contract.site import Worn
from simulators.training.corpus import Corpus
from simulators.training.cross_fitting import PER_HOUR, CrossFitted, Weights
from simulators.training.fitting import EFFORT, SEED, Effort
from simulators.training.folds import FOLDS
from simulators.training.label import Label
from simulators.training.operating_point import Outcome

LIMITS = (
    "All falls are acted, on mats, and nearly all by young people: older people's falls are "
    "softer, and nobody knows how many of theirs it misses.",
    "No recorded fall is from a height, down stairs, from a ladder or off a vehicle.",
    "The arm's falls are of one set, one make of watch, clipped at 4 g. A wrist of another kind "
    "may do worse; a device in the hand or on the ankle was never tried.",
    "What people do at work (carrying, hammering, riding trucks, jumping off a ramp) is hardly in "
    "the recordings. Expect more false alarms in the first weeks, dismiss them, and train again "
    "with what `floorwatch export` gives.",
    "The score ranks; it is no probability of a fall.",
    "It is no medical device and replaces no other measure of safety.",
)


def card(
    corpora: Mapping[Worn, Corpus],
    models: Mapping[Worn, CrossFitted],
    effort: Mapping[Worn, Effort] = EFFORT,
    fold: int | None = None,
) -> dict[str, Any]:
    """Return the card of a folder of weights: the shipped ones, or a fold's own.

    The figures are of people whom the weights never saw, impact by impact; `floorwatch bench falls`
    measures the same through the whole pipeline.
    """
    weights = {
        worn: model.shipped if fold is None else model.folds[fold] for worn, model in models.items()
    }
    return {
        "what": "scores a blow felt by a worn accelerometer: 0.5 and more is taken for a fall",
        "made_by": "floorwatch train falls",
        "made_with": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "torch", "onnx", "onnxruntime")},
        },
        "seed": SEED,
        "folds": FOLDS,
        "effort": {worn: vars(effort[worn]) for worn in models},
        "left_out": f"fold {fold} of {FOLDS}" if fold is not None else "nobody",
        "chosen_at": {
            worn: f"{PER_HOUR[worn]:g} false alarms an hour to be expected of people left out"
            for worn in models
        },
        "models": {worn: _files(worn, each) for worn, each in weights.items()},
        "data": {worn: _data(corpus) for worn, corpus in corpora.items()},
        "cross_fitted": {
            worn: {name: _figures(outcome) for name, outcome in model.outcomes.items()}
            for worn, model in models.items()
        },
        "limits": list(LIMITS),
    }


def file_name(worn: Worn, stage: str) -> str:
    """Return what the graph for a place on the body and a stage is called."""
    return f"{worn}-{stage}.onnx"


def _files(worn: Worn, weights: Weights) -> dict[str, Any]:
    return {
        stage: {
            "file": file_name(worn, stage),
            "sha256": hashlib.sha256(graph).hexdigest(),
            "bytes": len(graph),
            "logit_at_half": round(float(weights.line._asdict()[stage]), 2),
        }
        for stage, graph in weights.graphs.items()
    }


def _data(corpus: Corpus) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted({trial.set for trial in corpus.trials}):
        chosen = [i for i, trial in enumerate(corpus.trials) if trial.set == name]
        trials = [corpus.trials[i] for i in chosen]
        impacts = [
            int(label)
            for at, label in zip(corpus.trial, corpus.label, strict=True)
            if corpus.trials[int(at)].set == name
        ]
        found[name] = {
            "position": trials[0].position,
            "people": len({trial.subject for trial in trials}),
            "falls": sum(trial.is_fall for trial in trials),
            "activities": sum(not trial.is_fall for trial in trials),
            "everyday_hours": round(
                sum(trial.duration_s for trial in trials if not trial.is_fall) / 3600, 2
            ),
            "blows_of_falls": sum(label == Label.FALL for label in impacts),
            "blows_of_activities": sum(label == Label.ACTIVITY for label in impacts),
        }
    return found


def _figures(outcome: Outcome) -> dict[str, Any]:
    return {
        "falls": outcome.falls,
        "hits": outcome.hits,
        "false_alarms": outcome.false_alarms,
        "everyday_hours": round(outcome.everyday_s / 3600, 2),
        "latency_p50_s": None if (p50_s := outcome.latency_p50_s) is None else round(p50_s, 2),
    }
