"""Which recordings a setting changes, and in what."""

from __future__ import annotations

from collections import Counter

import pytest

from simulators.accuracy.report import changed_rows
from simulators.accuracy.tally import Tally
from simulators.accuracy.what_if import Change, changes


def tally(missed: tuple[str, ...] = (), alarms: tuple[str, ...] = ()) -> Tally:
    return Tally(missed=list(missed), alarms=Counter(alarms))


@pytest.mark.parametrize(
    ("today", "then", "expected"),
    [
        pytest.param(tally(), tally(), [], id="nothing"),
        pytest.param(tally(("f",), ("d",)), tally(("f",), ("d",)), [], id="wrong as ever"),
        pytest.param(tally(("f",)), tally(), [("f", (False, True), None)], id="a fall more"),
        pytest.param(tally(), tally(("f",)), [("f", (True, False), None)], id="a fall less"),
        pytest.param(
            tally(alarms=("d", "d", "e")),
            tally(alarms=("d", "e")),
            [("d", None, (2, 1))],
            id="an alarm less, not none",
        ),
        pytest.param(
            tally(("f",)),
            tally(alarms=("f", "a")),
            [("a", None, (0, 1)), ("f", (False, True), (0, 1))],
            id="a fall found, with alarms",
        ),
    ],
)
def test_only_what_differs_is_named(
    today: Tally,
    then: Tally,
    expected: list[tuple[str, tuple[bool, bool] | None, tuple[int, int] | None]],
) -> None:
    found = changes({"made": today}, {"made": then})
    assert found == tuple(Change("made", *each) for each in expected)


def test_people_read_it_in_words() -> None:
    differ = changes({"made": tally(("f",))}, {"made": tally(("g",), ("f",))})
    assert changed_rows(differ) == [
        ["made", "f", "missed → found", "0 → 1 (+1)"],
        ["made", "g", "found → missed", "–"],
    ]
