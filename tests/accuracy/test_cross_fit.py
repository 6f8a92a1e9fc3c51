"""Whoever trained the shipped weights is known by samples, not by names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulators.accuracy.cross_fit import LISTED, CrossFit, cross_fit, listed
from simulators.accuracy.identity import identity_of
from simulators.accuracy.system import System, shipped
from simulators.errors import AccuracyError
from simulators.recordings.trial import Trial
from tests.accuracy.trials import trial
from tests.support.motions import blow, restless, still
from tests.support.toy_weights import write_weights

ANN = trial((still(3), blow(2), still(2)), "ann")
ANN_AGAIN = trial((still(4), blow(2.5), still(2)), "ann", number=1)
BOB = trial((still(3), blow(3), still(2)), "bob")
EVE = trial((restless(4),), "eve")


def folds(folder: Path, *trained_on: tuple[Trial, int]) -> CrossFit:
    """Write a list of folds, with an empty folder for each, and read it."""
    for _, fold in trained_on:
        (folder / f"fold-{fold}").mkdir(exist_ok=True)
    (folder / LISTED).write_text(json.dumps(listed(trained_on)), encoding="utf-8")
    return cross_fit(folder)


def weights_of(system: System) -> object:
    return system.detector.model_dump()["weights"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param([ANN], [(0, "cross-fitted")], id="somebody who trained"),
        pytest.param([ANN, BOB], [(0, "cross-fitted"), (1, "cross-fitted")], id="each by a fold"),
        pytest.param([EVE], [(None, "new people")], id="somebody else of the set"),
        pytest.param([replace(EVE, set="else")], [(None, "new set")], id="another set"),
        pytest.param([replace(EVE, subject="ann")], [(None, "new people")], id="only called alike"),
        pytest.param(
            [replace(ANN, set="copied", subject="x")],
            [(0, "cross-fitted")],
            id="the same samples under other names",
        ),
        pytest.param(
            [ANN_AGAIN, ANN],
            [(0, "cross-fitted"), (0, "cross-fitted")],
            id="another recording of somebody who trained",
        ),
    ],
)
def test_people_are_scored_with_weights_that_never_saw_them(
    tmp_path: Path, asked: Sequence[Trial], expected: list[tuple[int | None, str]]
) -> None:
    assert folds(tmp_path, (ANN, 0), (BOB, 1)).weights(asked) == expected


def test_an_identity_is_of_the_samples_alone() -> None:
    coarse = replace(ANN, accel_g=ANN.accel_g + np.float32(1e-5))
    renamed = replace(ANN, set="x", subject="y", activity="z", trial=9, odr_hz=200.0)
    assert identity_of(ANN) == identity_of(coarse) == identity_of(renamed)
    assert len({identity_of(each) for each in (ANN, ANN_AGAIN, BOB, EVE)}) == 4


@pytest.mark.parametrize(
    ("trained_on", "sentence"),
    [
        pytest.param([(ANN, 0), (ANN_AGAIN, 1)], "made/ann is in fold 0 and in 1", id="somebody"),
        pytest.param(
            [(ANN, 0), (replace(ANN, subject="bob"), 1)],
            "made/bob/D01/0 is in fold 0 and in 1",
            id="a recording by another name",
        ),
    ],
)
def test_nothing_is_in_two_folds(trained_on: list[tuple[Trial, int]], sentence: str) -> None:
    with pytest.raises(AccuracyError, match=sentence):
        listed(trained_on)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        pytest.param(None, "No such file", id="no list"),
        pytest.param("{", "Expecting", id="no JSON"),
        pytest.param('{"sets": {"a": {"ann": 0}}}', "recordings", id="no recordings"),
        pytest.param("[]", "not a list of folds", id="no object"),
        pytest.param(
            '{"sets": {"a": {"ann": 7}}, "recordings": {"a": {"ann": ["00"]}}}',
            "there is no folder",
            id="a fold without weights",
        ),
    ],
)
def test_folds_that_cannot_be_read_are_refused(
    tmp_path: Path, written: str | None, sentence: str
) -> None:
    if written is not None:
        (tmp_path / LISTED).write_text(written, encoding="utf-8")
    with pytest.raises(AccuracyError, match=sentence):
        cross_fit(tmp_path)


def test_weights_are_the_folds_or_the_shipped_ones(tmp_path: Path) -> None:
    left_out = folds(tmp_path, (ANN, 3))
    ours = shipped(folds=left_out)
    (by_fold, known), (as_shipped, _) = ours.for_trials([ANN, EVE])
    assert (weights_of(by_fold), known) == (str(tmp_path / "fold-3"), "cross-fitted")
    assert as_shipped is ours
    ((same, known),) = shipped(folds=left_out, in_training=True).for_trials([ANN])
    assert (weights_of(same), known) == (None, "in training")
    other = str(write_weights(tmp_path / "other"))
    ((_, known),) = shipped({"weights": other}, left_out).for_trials([ANN])
    assert known == "not told"
