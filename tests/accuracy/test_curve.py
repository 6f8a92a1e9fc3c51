"""What is read off a curve, and how sets are pooled."""

from __future__ import annotations

import pytest

from simulators.accuracy.curve import Curve, Point, pooled
from simulators.accuracy.system import published
from simulators.accuracy.tally import Tally, Watch

HOUR_S = 3600.0


def point(threshold: float, hits: int, alarms: int, shipped: bool = False) -> Point:
    return Point(threshold, 100, hits, Watch(alarms, 2 * HOUR_S), Watch(), shipped)


CURVE = Curve(
    published()[0],
    "made",
    "waist",
    (
        point(0.1, 90, 40),
        point(0.2, 95, 10, shipped=True),
        point(0.3, 80, 4),
        point(0.4, 80, 2),
        point(0.5, 80, 2),
        point(0.6, 40, 1),
    ),
)


@pytest.mark.parametrize(
    ("per_hour", "threshold"),
    [
        pytest.param(30.0, 0.2, id="the best, not the loosest"),
        pytest.param(5.0, 0.2, id="just that rate"),
        pytest.param(4.9, 0.5, id="nothing is interpolated, and the quietest of equals counts"),
        pytest.param(0.4, None, id="no threshold is so quiet"),
    ],
)
def test_the_best_point_within_a_rate(per_hour: float, threshold: float | None) -> None:
    found = CURVE.at_most(per_hour)
    assert (found.threshold if found else None) == threshold


def test_points_that_change_nothing_are_left_out_but_for_todays() -> None:
    assert [each.threshold for each in CURVE.distinct] == [0.1, 0.2, 0.3, 0.4, 0.6]
    still = Curve(CURVE.system, "made", "waist", (point(0.1, 9, 1), point(0.2, 9, 1, True)))
    assert [each.threshold for each in still.distinct] == [0.1, 0.2]


def test_a_point_says_counts_beside_rates() -> None:
    row = Point(0.5, 100, 97, Watch(3, 2 * HOUR_S), Watch(1, 8 * HOUR_S)).row()
    assert (row["sensitivity"], row["false_alarms_per_hour"]) == (0.97, 0.4)
    assert (row["hits"], row["falls"], row["false_alarms"], row["hours"]) == (97, 100, 4, 10.0)
    assert (row["quiet_false_alarms"], row["quiet_hours"]) == (1, 8.0)


@pytest.mark.parametrize(
    ("falls", "seconds"),
    [pytest.param(0, HOUR_S, id="nobody falls"), pytest.param(5, 0.0, id="nobody lives")],
)
def test_a_set_without_falls_or_without_hours_has_no_curve_to_read(
    falls: int, seconds: float
) -> None:
    only = Curve(CURVE.system, "made", "", (Point(0.5, falls, 0, Watch(0, seconds), Watch()),))
    assert not only.drawable
    assert only.at_most(10.0) is None


def test_sets_worn_alike_are_one_but_those_without_falls_are_another() -> None:
    def tally(worn: str, falls: int, alarms: int) -> Tally:
        made = Tally(worn, worn, falls, latencies_s=[1.0] * falls)
        made.scripted += Watch(alarms, HOUR_S)
        return made

    sets = {
        "a": tally("trunk", 10, 1),
        "b": tally("trunk", 5, 2),
        "c": tally("trunk", 0, 4),
        "d": tally("arm", 0, 8),
    }
    found = {
        name: (each.hits, each.scripted.false_alarms, each.scripted.hours)
        for name, each in pooled(sets).items()
    }
    assert found == {
        "arm, activity only": (0, 8, 1.0),
        "trunk, activity only": (0, 4, 1.0),
        "trunk, with falls": (15, 3, 2.0),
    }
