"""How cameras are scored: a hit, a miss, a false visit, a split; a fall, an early one."""

from __future__ import annotations

import pytest

from simulators.cameras.films import Clip, DrawnZone, Visit
from simulators.cameras.scoring import FallScore, Reported, ZoneScore, score_clip, score_zone


def zone(*visits: tuple[float, float]) -> DrawnZone:
    return DrawnZone(
        id="z",
        polygon=((0, 0), (9, 0), (9, 9)),
        visits=tuple(Visit(first_s=a, last_s=b) for a, b in visits),
    )


def told(*reported: tuple[float, float]) -> list[Reported]:
    return [Reported("z", a, b, a + 0.3) for a, b in reported]


@pytest.mark.parametrize(
    ("truth", "reported", "hits", "false", "splits"),
    [
        pytest.param([(1, 9)], [(1, 9)], 1, 0, 0, id="as it was"),
        pytest.param([(1, 9)], [(7, 17)], 0, 0, 0, id="half of neither"),
        pytest.param([(1, 9)], [(2, 4)], 1, 0, 0, id="a short piece of it is one"),
        pytest.param([(1, 9)], [(1, 4), (5, 9)], 1, 0, 1, id="in two pieces"),
        pytest.param([(1, 9)], [(1, 9), (20, 22)], 1, 1, 0, id="and one of nobody"),
        pytest.param([], [(1, 9)], 0, 1, 0, id="nobody was there"),
        pytest.param([(1, 9), (1, 9)], [(1, 9)], 2, 0, 0, id="two, told once"),
        pytest.param([(1, 9), (2, 8)], [(1, 9), (2, 8)], 2, 0, 0, id="two at once"),
        pytest.param(
            [(1, 9), (2, 8)], [(1, 5), (5.5, 9), (2, 8)], 2, 0, 1, id="two, of which one in pieces"
        ),
    ],
)
def test_visits(
    truth: list[tuple[float, float]],
    reported: list[tuple[float, float]],
    hits: int,
    false: int,
    splits: int,
) -> None:
    score = score_zone(zone(*truth), told(*reported), 0.1)
    assert (score.hits, score.false, score.splits) == (hits, false, splits)
    assert score.visits == len(truth)


def test_a_graze_counts_neither_way() -> None:
    graze = zone((1, 9)).model_copy(update={"visits": (Visit(first_s=1, last_s=9, score=False),)})
    for reported in ([], told((1, 9))):
        score = score_zone(graze, reported, 0.1)
        assert (score.visits, score.hits, score.false) == (0, 0, 0)


def test_time_and_latency_add_up() -> None:
    one = score_zone(zone((0, 9.9)), told((0, 4.9)), 0.1)
    other = score_zone(zone((0, 9.9)), told((0, 9.9)), 0.1)
    both = sum((one, other), ZoneScore())
    assert both.share_of_visit_time == pytest.approx(0.75)
    assert both.latency_p50_s == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("kind", "told_s", "hits", "false"),
    [
        pytest.param("fall", [5.5], 1, 0, id="in time"),
        pytest.param("fall", [4.0], 1, 0, id="a second before they were down"),
        pytest.param("fall", [3.9], 0, 1, id="early"),
        pytest.param("fall", [9.1], 0, 0, id="later than 3 s after the end"),
        pytest.param("fall", [], 0, 0, id="missed"),
        pytest.param("adl", [5.0], 0, 1, id="there was none"),
        pytest.param("no_fall", [], 0, 0, id="there was none, and none told"),
    ],
)
def test_falls(kind: str, told_s: list[float], hits: int, false: int) -> None:
    clip = Clip.model_validate(
        {"video": "a.mp4", "kind": kind, "fps": 30, "onset_s": 4.0, "down_s": 5.0}
    )
    score = score_clip(clip, told_s, 6.0)
    assert (score.hits, score.false) == (hits, false)
    assert sum((score, score), FallScore()).hits == 2 * hits
