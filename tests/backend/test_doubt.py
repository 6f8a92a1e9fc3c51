"""When a claim whose lease has run out may be taken over: by looks, whatever clocks say."""

from __future__ import annotations

import pytest

from backend.paging.doubt import CALM_LOOKS, MOST_LOOKS, Doubts
from contract.instants import ns

PAGE = frozenset({(7, 1)})
NOBODY: frozenset[tuple[int, int]] = frozenset()


def looks(doubts: Doubts, count: int, from_s: float = 0, apart_s: float = 1) -> None:
    for number in range(count):
        doubts.saw(PAGE, ns(from_s + number * apart_s))


def test_whoever_did_not_renew_though_they_could_is_dead() -> None:
    doubts = Doubts()
    looks(doubts, CALM_LOOKS)
    assert doubts.dead(ns(CALM_LOOKS - 0.5)) == NOBODY
    assert doubts.dead(ns(CALM_LOOKS)) == PAGE


@pytest.mark.parametrize("apart_s", [-3600, 3600, 86_400], ids=["back", "ahead", "a day ahead"])
def test_a_clock_that_is_set_makes_nobody_dead_and_no_wait_longer(apart_s: float) -> None:
    doubts = Doubts()
    looks(doubts, 3)
    looks(doubts, CALM_LOOKS - 4, from_s=apart_s)
    assert doubts.dead(ns(apart_s + CALM_LOOKS - 4)) == NOBODY
    assert doubts.dead(ns(apart_s + CALM_LOOKS - 3)) == NOBODY
    looks(doubts, 1, from_s=apart_s + CALM_LOOKS - 4)
    assert doubts.dead(ns(apart_s + CALM_LOOKS - 3)) == PAGE


def test_kicks_within_a_second_are_one_look() -> None:
    doubts = Doubts()
    looks(doubts, 50, apart_s=0.01)
    assert doubts.dead(ns(1)) == NOBODY


def test_a_renewal_ends_the_doubt() -> None:
    doubts = Doubts()
    looks(doubts, CALM_LOOKS)
    doubts.saw(NOBODY, ns(CALM_LOOKS))
    looks(doubts, CALM_LOOKS - 1, from_s=CALM_LOOKS + 1)
    assert doubts.dead(ns(2 * CALM_LOOKS)) == NOBODY


def test_a_database_that_could_not_be_written_begins_the_count_anew() -> None:
    doubts = Doubts()
    looks(doubts, CALM_LOOKS)
    doubts.shake()
    assert doubts.dead(ns(CALM_LOOKS)) == NOBODY
    looks(doubts, CALM_LOOKS, from_s=20)
    assert doubts.dead(ns(20 + CALM_LOOKS)) == PAGE


def test_a_database_that_is_slow_for_ever_keeps_no_page() -> None:
    """Rather a page twice than none."""
    doubts = Doubts()
    for number in range(MOST_LOOKS + 1):
        doubts.shake()
        doubts.saw(PAGE, ns(2 * number))
    doubts.shake()
    assert doubts.dead(ns(2 * MOST_LOOKS)) == PAGE
