"""The window of seen sequence numbers, against a plain set."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detectors.seqwindow import SIZE, SeqWindow

NEAR = st.lists(st.integers(0, 40), max_size=60)
FAR = st.lists(st.integers(0, 3 * SIZE) | st.integers(0, 2**53 - 1), max_size=60)


@given(NEAR | FAR)
def test_each_number_is_new_exactly_once_within_the_window(numbers: list[int]) -> None:
    window, seen, top = SeqWindow(), set[int](), -1
    for number in numbers:
        expected = "ancient" if number <= top - SIZE else "duplicate" if number in seen else "new"
        assert window.add(number) == expected
        seen.add(number)
        top = max(top, number)
    assert window.top == top


@given(NEAR | FAR)
def test_the_runs_name_what_was_seen_and_nothing_else(numbers: list[int]) -> None:
    window = SeqWindow()
    for number in numbers:
        window.add(number)
    kept = {number for number in numbers if number > window.top - SIZE}
    # A number too old when it came was not taken: drop those the window says it lacks.
    kept = {number for number in kept if number in window}
    runs = list(window.runs())
    assert {number for first, last in runs for number in range(first, last + 1)} == kept
    assert all(before[1] + 1 < after[0] for before, after in pairwise(runs))


@given(st.permutations(range(64)))
def test_reordering_loses_nothing(order: list[int]) -> None:
    window = SeqWindow()
    assert {window.add(number) for number in order} == {"new"}
    assert list(window.runs()) == [(0, 63)]


def test_a_jump_forgets_what_fell_out_of_the_window() -> None:
    window = SeqWindow()
    window.add(0)
    window.add(SIZE)
    assert 0 not in window
    assert window.add(0) == "ancient"
    assert window.add(1) == "new"
    assert list(window.runs()) == [(1, 1), (SIZE, SIZE)]


def test_a_jump_as_far_as_counters_go_costs_no_memory() -> None:
    window = SeqWindow()
    window.add(0)
    assert window.add(2**53 - 1) == "new"
    assert list(window.runs()) == [(2**53 - 1, 2**53 - 1)]
