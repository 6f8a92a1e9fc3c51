"""What is a breach, a graze, or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.plant.scoring import Raised, score
from simulators.plant.truth import STEP_S, Visit, crossings, visits

BOX = (0.0, 0.0, 10.0, 10.0)


def seen(*legs: tuple[float, float]) -> list[Visit]:
    """Stand so many seconds at x, one leg after the other; the zone is 0 to 10 m."""
    x = np.concatenate([np.full(round(s / STEP_S), x_m) for s, x_m in legs])
    at_m = np.stack([x, np.full(len(x), 5.0)], axis=1)
    return list(visits("p-1", at_m, "cell", "A", BOX))


@pytest.mark.parametrize(
    ("legs", "found"),
    [
        pytest.param([(5, -5), (4, 2), (5, -5)], [5.0], id="a stay"),
        pytest.param([(5, -5), (2, 2), (5, -5)], [None], id="shorter than a crossing takes"),
        pytest.param([(5, -5), (9, 0.3), (5, -5)], [None], id="half a body over the line"),
        pytest.param([(5, -5), (9, -0.5), (5, -5)], [None], id="at the very edge, outside"),
        pytest.param([(5, -5), (9, -1.0), (5, -5)], [], id="past it at a step's distance"),
        pytest.param(
            [(5, -5), (4, 2), (4, -5), (4, 2), (5, -5)], [5.0], id="back within seconds: one"
        ),
        pytest.param(
            [(5, -5), (4, 2), (12, -5), (4, 2), (5, -5)], [5.0, 21.0], id="back later: two"
        ),
        pytest.param(
            [(5, -5), (1, 2), (4, -5), (4, 2), (5, -5)],
            [10.0],
            id="begins with the stay that counts",
        ),
        pytest.param([(4, 2)], [0.0], id="there from the beginning"),
    ],
)
def test_visits(legs: list[tuple[float, float]], found: list[float | None]) -> None:
    assert [
        None if visit.breach_s is None else pytest.approx(visit.breach_s) for visit in seen(*legs)
    ] == found


def test_a_crossing_counts_once_somebody_stays() -> None:
    zones = np.array([0] * 50 + [1] * 10 + [0] * 40 + [2] * 60)
    assert [(c.zone, round(c.at_s, 1)) for c in crossings("p-1", zones, ["a", "b", "c"])] == [
        ("a", 6.0),
        ("c", 10.0),
    ]


BREACH = Visit("p-1", "cell", "A", 30.0, 50.0, 31.0, 49.0)
GRAZE = Visit("p-2", "cell", "A", 30.0, 32.0, None, 31.0)


@pytest.mark.parametrize(
    ("alarms", "found", "false", "doubled", "grazes"),
    [
        pytest.param([("p-1", 34)], 1, 0, 0, 0, id="found"),
        pytest.param([], 0, 0, 0, 0, id="missed"),
        pytest.param([("p-1", 34), ("p-1", 40)], 1, 1, 1, 0, id="told twice"),
        pytest.param([("p-1", 53)], 1, 0, 0, 0, id="told as they leave"),
        pytest.param([("p-1", 55)], 0, 1, 0, 0, id="too late"),
        pytest.param([("p-2", 31)], 0, 0, 0, 1, id="a graze counts neither way"),
        pytest.param([("p-3", 31)], 0, 1, 0, 0, id="somebody who never was there"),
        pytest.param([("p-3", 5)], 0, 0, 0, 0, id="before the plant has settled"),
    ],
)
def test_scores(
    alarms: list[tuple[str, float]], found: int, false: int, doubled: int, grazes: int
) -> None:
    raised = [Raised(person, "cell", at_s) for person, at_s in alarms]
    tally = score([BREACH, GRAZE], raised, {"cell": "A"})["A"]
    assert (tally.breaches, tally.found) == (1, found)
    assert (tally.false, tally.doubled, tally.grazes) == (false, doubled, grazes)


def test_time_to_detect_is_from_the_step_over_the_line() -> None:
    tally = score([BREACH], [Raised("p-1", "cell", 33.5)], {"cell": "A"})["A"]
    assert tally.took_s == [2.5]
