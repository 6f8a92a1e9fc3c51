"""What is read off a curve."""

from __future__ import annotations

import pytest

from simulators.accuracy.curve import Curve, Point
from simulators.accuracy.system import shipped

CURVE = Curve(
    shipped(),
    "made",
    "waist",
    (
        Point(1.5, 0.90, 20.0, False),
        Point(2.0, 0.95, 5.0, True),
        Point(3.0, 0.80, 1.0, False),
        Point(4.0, 0.40, 0.5, False),
    ),
)


@pytest.mark.parametrize(
    ("per_hour", "sensitivity"),
    [
        pytest.param(30.0, 0.95, id="the best, not the loosest"),
        pytest.param(5.0, 0.95, id="just that rate"),
        pytest.param(4.9, 0.80, id="nothing is interpolated"),
        pytest.param(0.4, None, id="no threshold is so quiet"),
    ],
)
def test_the_best_point_within_a_rate(per_hour: float, sensitivity: float | None) -> None:
    found = CURVE.at_most(per_hour)
    assert (found.sensitivity if found else None) == sensitivity
