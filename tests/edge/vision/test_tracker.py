from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from contract.instants import ns
from edge.vision.assignment import FORBIDDEN, assign
from edge.vision.people import Box, Seen
from edge.vision.tracker import Followed, Tracker

FPS = 10


def person(x: float, y: float = 400.0, score: float = 0.6) -> Seen:
    return Seen((x - 20, y - 100, 40, 100), score)


def run(frames: list[list[Seen]], fps: float = FPS) -> list[list[Followed]]:
    tracker = Tracker()
    return [
        [one for one in tracker.step(ns(1 + n / fps), seen) if one.is_seen]
        for n, seen in enumerate(frames)
    ]


def walk(x: float, n: int, by: float = 8.0) -> Seen:
    return person(x + by * n)


def numbers(frames: list[list[Followed]]) -> set[int]:
    return {one.track for frame in frames for one in frame}


@pytest.mark.parametrize(
    ("frames", "people"),
    [
        pytest.param([[walk(100, n)] for n in range(30)], 1, id="one person walks"),
        pytest.param(
            [[walk(100, n), walk(400, n)] for n in range(30)], 2, id="two walk side by side"
        ),
        pytest.param(
            [[walk(100, n)] if not 10 <= n < 22 else [] for n in range(40)],
            1,
            id="hidden for 1.2 s while walking",
        ),
        pytest.param(
            [[walk(100, n, 12), Seen((400 - 12 * n, 330, 40, 70), 0.6)] for n in range(30)],
            2,
            id="two of different height pass each other",
        ),
        pytest.param(
            [[walk(100, n)] if not 10 <= n < 45 else [] for n in range(60)],
            2,
            id="away for 3.5 s is somebody new",
        ),
        pytest.param(
            [[person(100 + 3 * n, score=0.3 if n < 5 else 0.09)] for n in range(20)],
            1,
            id="seen weakly, a person is still followed",
        ),
        pytest.param([[person(100, score=0.09)] for _ in range(20)], 0, id="too weak to begin"),
        pytest.param(
            [[person(90.0 * n % 700, score=0.13)] if n % 9 == 0 else [] for n in range(60)],
            0,
            id="weak sights here and there are nobody",
        ),
        pytest.param(
            [[person(200)] for _ in range(10)]
            + [[Seen((160, 330, 60, 70), 0.5)]]
            + [[Seen((140, 360, 100, 42), 0.4)] for _ in range(10)],
            1,
            id="who falls stays the same person",
        ),
        pytest.param([[] for _ in range(5)], 0, id="nobody"),
    ],
)
def test_gives_each_person_one_number(frames: list[list[Seen]], people: int) -> None:
    assert len(numbers(run(frames))) == people


def test_a_number_never_comes_again() -> None:
    tracker = Tracker(first_track=7)
    tracker.step(ns(1), [person(100)])
    tracker.step(ns(60), [])
    (late,) = tracker.step(ns(61), [person(100)])
    assert late.track == 8
    assert tracker.next_track == 9


def test_with_three_of_ten_pictures_dropped_the_numbers_hold() -> None:
    tracker = Tracker()
    kept = [n for n in range(60) if n % 10 not in (3, 4, 7)]
    seen = [tracker.step(ns(1 + n / FPS), [walk(50, n), walk(500, n, -3)]) for n in kept]
    assert numbers([list(frame) for frame in seen]) == {1, 2}


boxes = st.tuples(st.floats(0, 700), st.floats(0, 500), st.floats(1, 300), st.floats(1, 300))


@given(st.lists(st.lists(st.builds(Seen, boxes, st.floats(0, 1)), max_size=5), max_size=8))
def test_no_picture_gives_two_people_one_number(frames: list[list[Seen]]) -> None:
    for followed in run(frames):
        told = [one.track for one in followed]
        assert len(told) == len(set(told))
        assert all(np.isfinite(one.foot_px).all() for one in followed)


@given(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.floats(0, 1))
    )
)
def test_no_pairing_is_cheaper(cost: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    """SciPy's is as good, and 45 MB too large for a camera's box: see decision 18."""
    pairs = assign(cost)
    assert len(pairs) == min(cost.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    cheapest = float(cost[linear_sum_assignment(cost)].sum())
    assert sum(cost[pair] for pair in pairs) == pytest.approx(cheapest)


def test_what_is_forbidden_is_not_paired() -> None:
    cost = np.array([[FORBIDDEN, 0.1], [FORBIDDEN, 0.2]])
    assert assign(cost) == [(0, 1)]


def test_boxes_are_pixels_of_the_picture() -> None:
    box: Box = (10.0, 20.0, 30.0, 40.0)
    ((one,),) = run([[Seen(box, 0.9)]])
    assert one.box_px == box
    assert one.foot_px == (25.0, 60.0)
