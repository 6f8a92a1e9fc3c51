"""Whose turn it is: by order and counts, with a clock that the test turns."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.departures import BURST, HOLD_S, LONGEST_WAIT_S, MOST_EACH, Departures, Reserved
from gateway.outbox import WaitingDetection


def row(
    n: int, whom: str = "w-1", rank: int = 2, claim: str | None = None, repeats: int = 0
) -> WaitingDetection:
    return WaitingDetection(n, claim or f"c-{n}", "onset", "belt", whom, rank, 0, 0, 1, repeats)


def queue(*rows: WaitingDetection) -> Departures:
    made = Departures()
    for each in rows:
        made.add(each, 0.0)
    return made


def drain(waiting: Departures, now_s: float = 0.0) -> list[int]:
    """Deliver one after another what may go now; return the numbers."""
    numbers = []
    while (taken := waiting.take(now_s)) is not None:
        numbers.append(taken.n)
        waiting.settled(taken)
    return numbers


def test_the_worst_goes_first_and_then_the_oldest() -> None:
    waiting = queue(row(1, "a", 3), row(2, "b", 2), row(3, "c", 1), row(4, "d", 2))
    assert drain(waiting) == [3, 2, 4, 1]


def test_a_later_phase_that_is_worse_takes_the_earlier_ones_along() -> None:
    waiting = queue(row(1, "a", 2), row(2, "b", 3, "x"), row(3, "b", 1, "x"))
    assert drain(waiting) == [2, 3, 1]


def test_a_flood_of_one_waits_for_itself() -> None:
    flood = [row(n, "belt") for n in range(1, 1_000)]
    waiting = queue(*flood, row(1_000, "a"), row(1_001, "b"))
    assert [waiting.take(0.0).n for _ in range(3)] == [1, 1_000, 1_001]  # type: ignore[union-attr]
    assert waiting.take(0.0) is None, "one of a person is under way at a time"


def test_a_flood_has_a_quota_which_is_not_forgotten_when_it_was_dealt_with() -> None:
    waiting = queue(*(row(n) for n in range(1, 200)))
    assert len(drain(waiting)) == BURST
    assert drain(waiting) == []
    due_s = waiting.next_s()
    assert due_s is not None
    assert len(drain(waiting, due_s + 0.001)) == 1
    waiting.add(row(500, "other"), due_s)
    assert drain(waiting, due_s) == [500]


def test_what_failed_waits_and_goes_after_what_was_never_tried() -> None:
    waiting = queue(row(1, "a"), row(2, "a"), row(3, "b"))
    first = waiting.take(0.0)
    assert first is not None
    assert first.n == 1
    waiting.failed(first, 0.0)
    assert drain(waiting) == [3, 2]
    assert drain(waiting, LONGEST_WAIT_S) == [1]


def test_what_failed_goes_after_what_was_never_tried_of_somebody_who_was_served_since() -> None:
    waiting = queue(row(1, "a"))
    taken = waiting.take(0.0)
    assert taken is not None
    waiting.failed(taken, 0.0)
    waiting.add(row(2, "b"), 0.0)
    waiting.add(row(3, "b"), 0.0)
    second = waiting.take(0.0)
    assert second is not None
    waiting.settled(second)
    assert drain(waiting, LONGEST_WAIT_S) == [3, 1]


def test_what_the_backend_chokes_on_holds_up_its_own_later_phases_alone() -> None:
    waiting = queue(row(1, "a", claim="x"), row(2, "a", claim="x"), row(3, "a"))
    for n in range(5):
        taken = waiting.take(n * LONGEST_WAIT_S)
        assert taken is not None
        if taken.n == 3:
            waiting.settled(taken)
        else:
            assert taken.n == 1
            waiting.failed(taken, n * LONGEST_WAIT_S)
    assert drain(waiting, 100.0) == [1, 2]


def test_nobody_reached_costs_no_place_in_the_line() -> None:
    waiting = queue(row(1, "a"), row(2, "b"))
    taken = waiting.take(0.0)
    assert taken is not None
    waiting.back(taken)
    assert sorted(drain(waiting)) == [1, 2]


def test_a_repetition_is_held_back_a_little() -> None:
    waiting = queue(row(1, repeats=1))
    assert drain(waiting) == []
    assert waiting.next_s() == HOLD_S
    assert drain(waiting, HOLD_S) == [1]


def test_a_lane_that_is_kept_takes_nothing_milder() -> None:
    waiting = queue(row(1, "a", 2))
    assert waiting.take(0.0, Reserved.FOR_SEV1) is None
    assert waiting.next_s() is None, "there is nothing that it should wake up for"
    waiting.add(row(2, "b", 1), 0.0)
    assert waiting.take(0.0, Reserved.FOR_SEV1) is not None


def test_a_lane_that_is_kept_for_first_tries_is_not_held_by_what_hangs_again_and_again() -> None:
    waiting = queue(row(1, "a"))
    taken = waiting.take(0.0)
    assert taken is not None
    waiting.failed(taken, 0.0)
    assert waiting.take(LONGEST_WAIT_S, Reserved.FOR_FIRST_TRIES) is None
    waiting.add(row(2, "b", 3), LONGEST_WAIT_S)
    assert waiting.take(LONGEST_WAIT_S, Reserved.FOR_FIRST_TRIES) == row(2, "b", 3)


@pytest.mark.parametrize("tried", [False, True], ids=["the first time", "again"])
def test_what_comes_after_the_page_waits_for_first_tries_only(tried: bool) -> None:
    waiting = queue(row(1))
    taken = waiting.take(0.0)
    assert taken is not None
    if tried:
        waiting.failed(taken, 0.0)
        taken = waiting.take(LONGEST_WAIT_S)
    assert waiting.fresh(0.0) is not tried


def test_what_finds_no_room_in_memory_is_taken_in_later_in_its_order() -> None:
    disk = [row(n) for n in range(1, MOST_EACH + 100)]
    waiting = queue(*disk)
    assert len(waiting) == MOST_EACH
    waiting.add(row(9_000, "other"), 0.0)
    assert len(waiting) == MOST_EACH + 1, "nobody else is kept out"
    numbers: list[int] = []
    for second in range(1_000):
        numbers += drain(waiting, float(second))
        for whom in waiting.behind():
            waiting.catch_up(whom, lambda n: [r for r in disk if r.n > n][:500], float(second))
    assert [n for n in numbers if n < 9_000] == [r.n for r in disk]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 3), st.integers(1, 4), st.integers(0, 5)),
        st.tuples(st.sampled_from(["taken", "failed", "back"])),
        st.tuples(st.just("later"), st.floats(0.01, 5)),
    ),
    max_size=80,
)


@given(STEPS)
def test_everything_goes_in_the_end_once_and_each_claim_in_its_order(
    steps: list[tuple[object, ...]],
) -> None:
    waiting = Departures()
    now_s, n = 0.0, 0
    claims: dict[str, list[int]] = defaultdict(list)
    gone: list[WaitingDetection] = []
    for step in steps:
        match step:
            case ("add", int(whom), int(rank), int(claim)):
                n += 1
                made = row(n, f"w-{whom}", rank, f"{whom}/{claim}", repeats=n % 2)
                claims[made.id].append(n)
                waiting.add(made, now_s)
            case ("later", float(more_s)):
                now_s += more_s
            case (str(answer),):
                taken = waiting.take(now_s)
                if taken is None:
                    continue
                if answer == "taken":
                    gone.append(taken)
                    waiting.settled(taken)
                elif answer == "failed":
                    waiting.failed(taken, now_s)
                else:
                    waiting.back(taken)
    for _ in range(10 * n + 10):
        taken = waiting.take(now_s)
        if taken is None:
            now_s += 1.0
            continue
        gone.append(taken)
        waiting.settled(taken)
    assert len(waiting) == 0
    assert Counter(each.n for each in gone) == Counter(range(1, n + 1))
    for id_, numbers in claims.items():
        assert [each.n for each in gone if each.id == id_] == numbers
