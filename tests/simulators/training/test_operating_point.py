"""Where the line between fall and activity is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.errors import TrainingError
from simulators.recordings.trial import Trial
from simulators.training.corpus import Corpus
from simulators.training.operating_point import Line, Scored

HOUR_S = 3600


def recorded(*trials: tuple[bool, list[tuple[float, float, float]]]) -> Scored:
    """Return trials of an hour, each a fall at 10 s or not, with (time, early, late) of blows."""
    made = tuple(
        Trial(
            set="some-set",
            subject=str(i),
            activity="x",
            trial=1,
            odr_hz=1.0,
            accel_g=np.zeros((HOUR_S, 3), np.float32),
            is_fall=is_fall,
            peak_s=10.0,
        )
        for i, (is_fall, _) in enumerate(trials)
    )
    blows = [(i, *blow) for i, (_, found) in enumerate(trials) for blow in found]
    corpus = Corpus(
        trials=made,
        samples=np.zeros((len(blows), 1, 3), np.float32),
        trial=np.array([blow[0] for blow in blows], np.int64),
        peak_s=np.array([blow[1] for blow in blows], np.float64),
        label=np.zeros(len(blows), np.int64),
    )
    logits = {
        "early": np.array([blow[2] for blow in blows], np.float32),
        "late": np.array([blow[3] for blow in blows], np.float32),
    }
    return Scored.of(corpus, logits, set(range(len(trials))))


FALL = (True, [(10.0, 5.0, 5.0)])
JUMP = (False, [(20.0, 1.0, -3.0)])


@pytest.mark.parametrize(
    ("scored", "line", "hits", "alarms"),
    [
        pytest.param(recorded(FALL, JUMP), Line(2, 2), 1, 0, id="between the two"),
        pytest.param(recorded(FALL, JUMP), Line(0, 0), 1, 1, id="too low"),
        pytest.param(recorded(FALL, JUMP), Line(6, 6), 0, 0, id="too high"),
        pytest.param(
            recorded((True, [(10.0, -1.0, 3.0)])), Line(2, 2), 1, 0, id="only the second look"
        ),
        pytest.param(
            recorded((True, [(10.0, 4.0, 4.0), (13.0, 4.0, 4.0)])),
            Line(2, 2),
            1,
            0,
            id="a bounce is no second fall",
        ),
        pytest.param(
            recorded((True, [(10.0, 4.0, 4.0), (30.0, 4.0, 4.0)])),
            Line(2, 2),
            1,
            1,
            id="long after the fall in a recording of one",
        ),
    ],
)
def test_a_line_finds_and_alarms(scored: Scored, line: Line, hits: int, alarms: int) -> None:
    outcome = scored.at(line)

    assert (outcome.hits, outcome.false_alarms) == (hits, alarms)


def test_the_second_look_decides_later() -> None:
    early = recorded(FALL).at(Line(2, 2))
    late = recorded(FALL).at(Line(9, 2))

    assert (early.latency_p50_s, late.latency_p50_s) == pytest.approx((0.9, 2.4))


def many(seed: int, hours: int = 200) -> Scored:
    """Return falls with logits about 6, and everyday hours with an exponential tail."""
    rng = np.random.default_rng(seed)
    falls = [(True, [(10.0, float(x), float(x))]) for x in rng.normal(6, 1, 50)]
    everyday = [
        (False, [(float(60 * i), float(x), float(x)) for i, x in enumerate(rng.exponential(1, 30))])
        for _ in range(hours)
    ]
    return recorded(*falls, *everyday)


@pytest.mark.parametrize("per_hour", [0.03, 0.1, 0.2])
def test_a_line_gives_about_as_many_false_alarms_as_it_was_drawn_for(per_hour: float) -> None:
    line = many(seed=1).line(per_hour)

    others = many(seed=2).at(line)

    assert others.per_hour == pytest.approx(per_hour, rel=0.5)


def test_fewer_false_alarms_take_a_higher_line() -> None:
    scored = many(seed=1)

    lines = [scored.line(per_hour).late for per_hour in (0.2, 0.1, 0.02)]

    assert lines == sorted(lines)


def test_a_later_decision_must_be_worth_it() -> None:
    line = many(seed=1).line(per_hour=0.1)

    assert line.early == line.late, "the early look finds as much"


def test_alarms_in_recordings_of_falls_draw_no_line() -> None:
    told_twice = (True, [(10.0, 9.0, 9.0), (40.0, 9.0, 9.0)])
    scored = many(seed=1)

    assert (scored + recorded(told_twice)).line(0.1) == scored.line(0.1)


def test_nothing_can_be_drawn_without_everyday_recordings() -> None:
    with pytest.raises(TrainingError, match="too few everyday recordings"):
        recorded(FALL).line(per_hour=1.0)
