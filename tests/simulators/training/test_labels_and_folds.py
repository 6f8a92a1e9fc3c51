"""What is learned from, and who is left out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from simulators.recordings.trial import Trial
from simulators.training.folds import FOLDS, folds
from simulators.training.label import Label, label_of


def trial(
    subject: str = "a",
    is_fall: bool = True,
    peak_s: float = 5.0,
    span_s: tuple[float, float] | None = None,
    of_set: str = "some-set",
) -> Trial:
    onset_s, end_s = span_s or (None, None)
    return Trial(
        set=of_set,
        subject=subject,
        activity="F01" if is_fall else "D01",
        trial=1,
        odr_hz=50.0,
        accel_g=np.zeros((500, 3), np.float32),
        is_fall=is_fall,
        peak_s=peak_s,
        onset_s=onset_s,
        end_s=end_s,
    )


@pytest.mark.parametrize(
    ("of", "at_s", "expected"),
    [
        pytest.param(trial(is_fall=False), 5.0, Label.ACTIVITY, id="nobody falls"),
        pytest.param(trial(), 5.0, Label.FALL, id="the impact itself"),
        pytest.param(trial(), 5.7, Label.FALL, id="the shoulder after the hip"),
        pytest.param(trial(), 3.0, Label.UNKNOWN, id="a step before the fall"),
        pytest.param(trial(), 8.0, Label.UNKNOWN, id="getting up after it"),
        pytest.param(trial(span_s=(2.0, 6.0)), 2.5, Label.FALL, id="inside the annotated fall"),
        pytest.param(trial(span_s=(2.0, 4.0)), 5.0, Label.UNKNOWN, id="a gesture after it"),
    ],
)
def test_an_impact_is_what_is_known_of_its_recording(
    of: Trial, at_s: float, expected: Label
) -> None:
    assert label_of(of, at_s) is expected


def test_every_fold_has_its_share_of_those_who_fall() -> None:
    trials = [trial(f"p{i}", is_fall=i % 2 == 0) for i in range(40)]

    dealt = folds(trials)

    falling = Counter(dealt["some-set", f"p{i}"] for i in range(0, 40, 2))
    assert set(falling) == set(range(FOLDS))
    assert set(falling.values()) == {20 // FOLDS}


def test_people_are_told_apart_by_their_set_as_well() -> None:
    trials = [trial("01", of_set=name) for name in ("one", "two")]

    assert set(folds(trials)) == {("one", "01"), ("two", "01")}


def test_folds_do_not_depend_on_the_order_of_files() -> None:
    trials = [trial(f"p{i}", is_fall=i % 3 == 0) for i in range(20)]

    assert folds(trials) == folds(trials[::-1])
