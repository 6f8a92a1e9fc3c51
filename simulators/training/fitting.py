"""One training: everybody but some folds, and what comes of those who were left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from contract.site import Worn
from detectors.dsp.samples import FloatArray, IntArray
from detectors.fall.model import STAGES
from detectors.fall.window import channels, length
from simulators.training import network, rocket
from simulators.training.augment import augmented
from simulators.training.corpus import Corpus
from simulators.training.graph import graph_of
from simulators.training.label import Label

LOUDEST_G = 60.0
"""What no sensor of these sets measures: keeps float16 from overflowing."""
SEED = 20


@dataclass(frozen=True)
class Effort:
    """How hard a training tries."""

    copies: int
    """Of every window, all but the first augmented."""
    widths: tuple[int, ...]
    """Of a network's convolutions."""
    epochs: int
    networks: int
    rocket_copies: int


EFFORT: Mapping[Worn, Effort] = {
    "trunk": Effort(copies=4, widths=(16, 24, 32, 32), epochs=12, networks=2, rocket_copies=2),
    "arm": Effort(copies=6, widths=(16, 24, 32, 32), epochs=16, networks=3, rocket_copies=5),
}
"""The arm has a quarter of the trunk's recordings, so each is shown more often."""
QUICK = Effort(copies=2, widths=(8, 8, 8, 8), epochs=2, networks=1, rocket_copies=1)
"""For tests: it learns, though not well."""


class Task(NamedTuple):
    """Which folds are left out of a training, and with whose windows and effort it is done."""

    folder: Path
    left_out: tuple[int, ...]
    effort: Effort


@dataclass(frozen=True)
class Fitted:
    """An ONNX graph by stage, its operating point not set, and logits of those left out."""

    graphs: Mapping[str, bytes]
    logits: Mapping[str, FloatArray]
    """By stage, shape (n,): of every impact; NaN for those that were trained on."""


def prepare(folder: Path, corpus: Corpus, fold: IntArray, effort: Effort) -> None:
    """Write what `fitted` reads: the windows' channels by stage, augmented copy by copy."""
    rng = np.random.default_rng(SEED)
    n = len(corpus)
    files = {
        stage.name: np.lib.format.open_memmap(
            folder / f"{stage.name}.npy",
            mode="w+",
            dtype=np.float16,
            shape=(
                effort.copies,
                n,
                *channels(corpus.samples[:1, : length(stage.after_s)]).shape[1:],
            ),
        )
        for stage in STAGES
    }
    for copy in range(effort.copies):
        for first in range(0, n, 1024):
            samples = corpus.samples[first : first + 1024]
            if copy:
                samples = augmented(samples, rng)
            for stage in STAGES:
                seen = channels(samples[:, : length(stage.after_s)])
                files[stage.name][copy, first : first + 1024] = np.clip(seen, -LOUDEST_G, LOUDEST_G)
    for file in files.values():
        file.flush()
    np.savez(folder / "known.npz", label=corpus.label, fold=fold)


@lru_cache(maxsize=2)
def _prepared(
    folder: Path,
) -> tuple[dict[str, NDArray[np.float16]], IntArray, IntArray]:
    seen = {stage.name: np.load(folder / f"{stage.name}.npy") for stage in STAGES}
    known = np.load(folder / "known.npz")
    return seen, known["label"], known["fold"]


def fitted(task: Task) -> Fitted:
    """Train on everybody but the folds that are left out. The same each time."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    seen, label, fold = _prepared(task.folder)
    left_out = np.isin(fold, task.left_out)
    taught = np.flatnonzero(~left_out & (label != Label.UNKNOWN))
    is_fall = label[taught] == Label.FALL
    windows = {stage: array[:, taught] for stage, array in seen.items()}
    seed = SEED + sum((number + 1) * 37**place for place, number in enumerate(task.left_out))
    networks = [
        network.trained(
            windows, is_fall, task.effort.widths, task.effort.epochs, seed + 1000 * number
        )
        for number in range(task.effort.networks)
    ]
    graphs: dict[str, bytes] = {}
    logits: dict[str, FloatArray] = {}
    for stage in STAGES:
        line = rocket.trained(windows[stage.name], is_fall, task.effort.rocket_copies, seed)
        graphs[stage.name] = graph_of(networks, line, stage.name, stage.after_s)
        found = np.full(len(label), np.nan, np.float32)
        if left_out.any():
            found[left_out] = logits_of(graphs[stage.name], seen[stage.name][0, left_out])
        logits[stage.name] = found
    return Fitted(graphs, logits)


def logits_of(graph: bytes, seen: NDArray[np.float16]) -> FloatArray:
    """Return the logits (n,) of channels (n, 7, t), by the very graph that the detector runs."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    scores = [
        session.run(None, {"channels": seen[first : first + 256].astype(np.float32)})[0]
        for first in range(0, len(seen), 256)
    ]
    score = np.clip(np.concatenate(scores).astype(np.float64), 1e-7, 1 - 1e-7)
    found: FloatArray = np.log(score / (1 - score)).astype(np.float32)
    return found
