"""Many thresholds at once say what each would have said alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.fall.candidate import Candidate
from detectors.fall.detector import FallDetector
from detectors.fall.model import EARLY, LATE, FallModel
from simulators.accuracy import sweep
from simulators.accuracy.stream import claims, sent
from simulators.accuracy.sweep import Remembering, claims_at
from simulators.accuracy.system import SHIPPED_SWEPT, System, published, shipped
from simulators.accuracy.truth import Claim
from simulators.recordings.npz import read
from simulators.recordings.trial import Trial
from tests.accuracy.trials import trial
from tests.support.motions import Part, Vector, blow, drop, jog, restless, still
from tests.support.toy_weights import write_weights

FEW = (0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.95, 1.0)
SIDE: Vector = (0.0, 1.0, 0.0)
ALONG: st.SearchStrategy[Vector] = st.sampled_from([(0.0, 0.0, 1.0), SIDE, (0.6, 0.0, 0.8)])
PARTS = st.one_of(
    st.builds(still, st.floats(0.5, 4), ALONG),
    st.builds(restless, st.floats(0.5, 4), ALONG),
    st.builds(blow, st.floats(1.7, 8), st.floats(0.1, 0.3), ALONG),
    st.builds(drop, st.floats(0.1, 0.5)),
    st.builds(jog, st.floats(0.5, 3)),
)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> System:
    return shipped({"weights": str(write_weights(tmp_path_factory.mktemp("toy")))})


def one_by_one(
    system: System, recorded: Trial, thresholds: tuple[float, ...]
) -> list[tuple[Claim, ...]]:
    blocks = sent(recorded)
    return [claims(blocks, recorded.worn, [system.at_threshold(value)]) for value in thresholds]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.lists(PARTS, min_size=3, max_size=14), odr_hz=st.sampled_from([25.0, 50.0, 100.0]))
def test_a_sweep_is_as_many_runs_of_their_own(
    toy: System, parts: list[Part], odr_hz: float
) -> None:
    recorded = trial([still(2), *parts, still(2)], odr_hz=odr_hz)
    swept = claims_at(sent(recorded), recorded.worn, toy, FEW)
    assert swept == one_by_one(toy, recorded, FEW)


def test_a_score_that_is_the_threshold_is_enough(toy: System) -> None:
    recorded = trial((still(6), blow(4), still(6, SIDE), blow(3), still(4, SIDE)))
    remembering = Remembering(**toy.detector.model_dump())
    claims(sent(recorded), "trunk", [remembering])
    scores = sorted(remembering._known.values())
    thresholds = tuple(
        sorted({*scores, *np.nextafter(scores, 1).tolist(), *np.nextafter(scores, 0).tolist()})
    )
    swept = claims_at(sent(recorded), "trunk", toy, thresholds)
    assert swept == one_by_one(toy, recorded, thresholds)
    assert len(set(swept)) > 2


def test_the_model_is_asked_once_about_each_candidate(
    toy: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = trial((still(6), blow(4), still(6, SIDE), blow(3), still(4)))
    asked: list[int] = []
    score = FallModel.score

    def counted(self: FallModel, *given: object) -> float:
        asked.append(1)
        return score(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(FallModel, "score", counted)
    claims_at(sent(recorded), "trunk", toy, SHIPPED_SWEPT[1])
    assert len(asked) == 4, "two blows, two looks at each"


@pytest.mark.parametrize(
    ("parts", "most"),
    [
        pytest.param((still(9), restless(9)), 1, id="nothing is scored"),
        pytest.param((still(6), blow(4), still(6, SIDE)), 3, id="one blow, two looks"),
        pytest.param((still(6), blow(4), still(6, SIDE), blow(3), still(4)), 5, id="two blows"),
    ],
)
def test_only_thresholds_between_other_scores_take_a_run(
    toy: System, monkeypatch: pytest.MonkeyPatch, parts: tuple[Part, ...], most: int
) -> None:
    runs: list[int] = []

    def counted(*given: Any) -> tuple[Claim, ...]:
        runs.append(1)
        return claims(*given)

    monkeypatch.setattr(sweep, "claims", counted)
    claims_at(sent(trial(parts)), "trunk", toy, SHIPPED_SWEPT[1])
    assert 1 <= len(runs) <= most


def test_what_is_remembered_depends_on_all_that_a_score_does(toy: System) -> None:
    remembering = Remembering(**toy.detector.model_dump())
    recorded = trial((still(6), blow(4), still(6, SIDE)))
    accel = recorded.accel_g
    at = round(recorded.peak_s * recorded.odr_hz)
    seen = [
        Candidate(accel, 50.0, at, 0),
        Candidate(accel, 50.0, at - 100, 0),
        Candidate(accel, 25.0, at, 0),
        Candidate(accel[::-1].copy(), 50.0, at, 0),
    ]
    plain = [FallDetector.score(remembering, "trunk", c, s) for c in seen for s in (EARLY, LATE)]
    for _ in range(2):
        assert [remembering.score("trunk", c, s) for c in seen for s in (EARLY, LATE)] == plain


@pytest.mark.parametrize("rule", published(), ids=lambda rule: rule.name)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.lists(PARTS, min_size=1, max_size=6))
def test_a_published_rule_says_at_each_threshold_what_it_says_alone(
    rule: System, parts: list[Part]
) -> None:
    recorded = trial([still(2), *parts, still(3, SIDE)])
    swept = claims_at(sent(recorded), recorded.worn, rule, rule.thresholds)
    assert swept == one_by_one(rule, recorded, rule.thresholds)


def test_thresholds_are_dense_where_scores_crowd() -> None:
    values = np.array(SHIPPED_SWEPT[1])
    log_odds = np.log(values / (1 - values))
    np.testing.assert_allclose(np.diff(log_odds), 0.25, atol=0.02)
    assert values[0] < 0.001
    assert 1 - values[-1] < 1e-6


@pytest.mark.recordings
@pytest.mark.slow
def test_a_sweep_of_people_is_as_many_runs_of_their_own(recordings: Path, toy: System) -> None:
    trials = list(read(recordings / "imu/sisfall/SA01.npz"))[::9]
    for system in (toy, shipped()):
        for recorded in trials:
            values = system.thresholds[::4]
            swept = claims_at(sent(recorded), recorded.worn, system, values)
            assert swept == one_by_one(system, recorded, values), recorded.name
