"""What the law has found, each as a case of its own, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.instants import ns
from tests.backend.law.hall import Hall
from tests.support.pages import PERSON_OF

WEARER = "belt-03"


@pytest.fixture
def hall(database_url: str) -> Iterator[Hall]:
    hall = Hall(database_url)
    yield hall
    hall.ear.empty()
    hall.close()


def says(hall: Hall, kind: str) -> int:
    """Let the wearer fall, or say something, by the clock as it stands. Return the incident."""
    told = hall.detection(kind, WEARER, onset_s=-1 if kind == "fall" else 0)
    return hall.receive(told.model_copy(update={"heard_ns": hall.now_ns})).incident


def clock_is_set(hall: Hall, by_s: float) -> None:
    hall.wall_off_ns += ns(by_s)
    hall.true_ns += ns(1)
    hall.tick()


@pytest.mark.parametrize("by_s", [-3600, -120], ids=["an hour back", "two minutes back"])
def test_a_word_of_before_the_clock_was_set_back_answers_no_later_fall(
    hall: Hall, by_s: float
) -> None:
    """An hour later the clock says what it said then, and the word had seemed to be of now."""
    says(hall, "all_right")
    clock_is_set(hall, by_s)
    hall.true_ns += ns(-by_s) - ns(5)
    hall.tick()
    number = says(hall, "fall")
    row = hall.view(number)
    assert (row.severity, row.person) == ("SEV2", PERSON_OF[WEARER])
    assert hall.ear.calls[number] == hall.true_ns


@pytest.mark.parametrize("by_s", [-3600, 3600, 20], ids=["an hour back", "an hour on", "20 s on"])
def test_a_wearers_word_counts_though_the_clock_was_set_since_the_fall(
    hall: Hall, by_s: float
) -> None:
    number = says(hall, "fall")
    clock_is_set(hall, by_s)
    says(hall, "all_right")
    assert hall.view(number).severity == "SEV3"


def test_a_word_an_hour_after_the_fall_counts_for_nothing_though_the_clock_says_so(
    hall: Hall,
) -> None:
    number = says(hall, "fall")
    clock_is_set(hall, -3600)
    hall.true_ns += ns(3600 + 10)
    hall.tick()
    says(hall, "all_right")
    assert hall.view(number).severity != "SEV3"
