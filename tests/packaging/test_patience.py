"""A test on a busy machine waits longer, and not for ever."""

from __future__ import annotations

import pytest

from tests.support.patience import Patience, stalled_s


@pytest.mark.parametrize(
    ("stalled_share", "lasts_s"),
    [
        pytest.param(0.0, 20, id="an idle machine, or one that does not count"),
        pytest.param(0.5, 34, id="somebody waits for a core half of the time"),
        pytest.param(1.0, 100, id="four busy loops on two cores"),
    ],
)
def test_patience_is_counted_in_the_machines_own_time(stalled_share: float, lasts_s: int) -> None:
    now_s = 1000.0
    patience = Patience(20, lambda: now_s, lambda: stalled_share * now_s)
    while not patience.is_over():
        now_s += 1.0
    assert now_s - 1000.0 == pytest.approx(lasts_s, abs=1)


def test_this_machine_is_asked() -> None:
    assert stalled_s() >= 0
