"""A whole training, small: what comes of it is weights that the detector runs."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.fall.model import STAGES, model_for
from detectors.fall.window import channels, length
from simulators.accuracy.cross_fit import cross_fit
from simulators.recordings.npz import read
from tests.support.needs import NO_TORCH, recordings_folder

pytestmark = [pytest.mark.slow, pytest.mark.recordings]

pytest.importorskip("torch", reason=NO_TORCH)
pytest.importorskip("onnx", reason=NO_TORCH)


def module(name: str) -> Any:
    return importlib.import_module(f"simulators.training.{name}")


@pytest.fixture(scope="module")
def corpora() -> Any:
    """Return the blows of a few people of each set that falls."""
    corpus = module("corpus")
    folder = recordings_folder() / "imu"
    trials = [
        trial
        for path in (*sorted((folder / "sisfall").glob("SA0[1-5].npz")), *folder.glob("wedafall/*"))
        if path.suffix == ".npz"
        for trial in read(path)
        if trial.trial <= 1
        and trial.subject in {*(f"SA0{i}" for i in range(1, 6)), *(f"U0{i}" for i in range(1, 8))}
    ]
    found = {}
    for worn in ("trunk", "arm"):
        mine = [trial for trial in trials if trial.worn == worn]
        impacts = [i for number, trial in enumerate(mine) for i in corpus.impacts_of(trial, number)]
        found[worn] = corpus.Corpus.of(mine, impacts)
    return found


def trained(corpora: Any, tmp_path: Path) -> tuple[Path, Path]:
    """Train with little effort, and return the folders of the weights and of the folds."""
    fitting, run, shelf = module("fitting"), module("run"), module("shelf")
    effort = dict.fromkeys(corpora, fitting.QUICK)
    result = run.train_on(corpora, effort=effort, processes=1)
    weights, folds = tmp_path / "weights", tmp_path / "folds"
    shelf.put(result, weights, folds, effort)
    return weights, folds


def test_the_weights_are_run_by_the_detector_and_the_same_each_time(
    corpora: Any, tmp_path: Path
) -> None:
    weights, folds = trained(corpora, tmp_path / "first")
    again, _ = trained(corpora, tmp_path / "second")

    for worn, corpus in corpora.items():
        model = model_for(worn, str(weights))
        for stage in STAGES:
            score = model.score_window(corpus.samples[0][: length(stage.after_s)], stage)
            assert 0 <= score <= 1
    for path in weights.glob("*.onnx"):
        assert path.read_bytes() == (again / path.name).read_bytes()
    assert cross_fit(folds).sets == {"sisfall", "wedafall"}


def test_nobody_is_in_the_training_that_scores_them(corpora: Any, tmp_path: Path) -> None:
    _, folds = trained(corpora, tmp_path)

    listed = json.loads((folds / "folds.json").read_text(encoding="utf-8"))
    people = {(name, subject) for name, of in listed["sets"].items() for subject in of}
    assert people == {(t.set, t.subject) for corpus in corpora.values() for t in corpus.trials}


def test_the_graph_says_what_the_network_and_the_line_say(corpora: Any) -> None:
    network, rocket, graph = module("network"), module("rocket"), module("graph")
    fitting = module("fitting")
    corpus = corpora["trunk"]
    is_fall = corpus.label == 1
    for stage in STAGES:
        seen = channels(corpus.samples[:, : length(stage.after_s)]).astype(np.float16)
        both = {other.name: seen for other in (stage,)}
        net = network.trained(
            {stage.name: both[stage.name][None]}, is_fall, widths=(8, 8, 8, 8), epochs=1, seed=3
        )
        line = rocket.trained(seen[None], is_fall, copies=1, seed=3)
        made = graph.graph_of([net], line, stage.name, stage.after_s)

        expected = (network.logits(net, seen, stage.name) + rocket.logits(line, seen)) / 2

        # Weights are kept as float16, and a score tells no logits beyond about 16 apart.
        clear = np.abs(expected) < 12
        np.testing.assert_allclose(
            fitting.logits_of(made, seen)[clear], expected[clear], rtol=0.02, atol=0.1
        )
