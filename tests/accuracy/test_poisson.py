"""The interval of a rate, against Garwood's table and against its own definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import pdtr

from simulators.accuracy.poisson import interval


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.689),
        (1, 0.0253, 5.572),
        (2, 0.242, 7.225),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (100, 81.364, 121.627),
    ],
)
def test_the_limits_are_those_of_the_tables(count: int, low: float, high: float) -> None:
    assert interval(count) == pytest.approx((low, high), abs=6e-4)


@given(st.integers(0, 3000), st.floats(0.5, 0.999))
def test_the_limits_leave_the_tails_that_they_should(count: int, confidence: float) -> None:
    low, high = interval(count, confidence)
    assert low <= count < high
    assert pdtr(count, high) == pytest.approx((1 - confidence) / 2, rel=1e-6)
    if count:
        assert 1 - pdtr(count - 1, low) == pytest.approx((1 - confidence) / 2, rel=1e-6)


def test_three_alarm_free_units_bound_the_rate_at_one() -> None:
    """The rule of three: the one-sided 95 % limit of a count of 0."""
    assert interval(0, 0.90)[1] == pytest.approx(3.0, abs=5e-3)


def test_a_count_is_not_negative() -> None:
    with pytest.raises(ValueError, match="-1"):
        interval(-1)
