"""The rule that people build first, on reads whose answer one sees at once."""

from __future__ import annotations

import random

import pytest

from simulators.badges.baselines import strongest
from simulators.badges.recording import BadgeRead
from simulators.badges.room import Entry

ZONES = {"1": "a", "2": "b"}


def heard(*said: tuple[float, str, float]) -> list[BadgeRead]:
    return [BadgeRead(round(at_s * 1e9), point, level, "aa") for at_s, point, level in said]


TWO = [
    (each / 4, point, level) for each in range(17) for point, level in (("1", -50.0), ("2", -60.0))
]
TURNED = [(at_s, point, level if at_s < 2 else -110 - level) for at_s, point, level in TWO]


@pytest.mark.parametrize(
    ("reads", "window_s", "entries"),
    [
        pytest.param(TWO, 1, [(0.25, "a")], id="the louder one, from the first step on"),
        pytest.param(TURNED, 0.75, [(0.25, "a"), (2.25, "b")], id="a short window turns at once"),
        pytest.param(TURNED, 2.25, [(0.25, "a"), (3.0, "b")], id="a long one when half is new"),
        pytest.param(
            [
                (0, "2", -60.0),
                (0.1, "2", -60.0),
                (0.2, "1", -40.0),
                (0.21, "1", -90.0),
                (1, "2", -60.0),
            ],
            1,
            [(0.25, "b")],
            id="the mean decides, not the loudest read",
        ),
        pytest.param(
            [(0, "1", -50.0), (0.2, "9", -30.0), (3, "1", -50.0)],
            1,
            [(3.0, "a")],
            id="an antenna without a zone names none",
        ),
        pytest.param(
            [(0, "1", -50.0), (10, "2", -50.0)], 1, [(0.25, "a"), (10.0, "b")], id="silence keeps"
        ),
        pytest.param([(5, "1", -50.0)], 1, [], id="a single read is over before the first step"),
    ],
)
def test_the_strongest_antenna_names_the_zone(
    reads: list[tuple[float, str, float]], window_s: float, entries: list[tuple[float, str]]
) -> None:
    found = strongest(ZONES, heard(*reads), window_s)
    assert list(found.entries) == [Entry(*entry) for entry in entries]


def test_it_gets_its_reads_in_the_order_of_time() -> None:
    reads = heard(*TURNED)
    shuffled = random.Random(3).sample(reads, len(reads))
    assert strongest(ZONES, shuffled, 1) == strongest(ZONES, reads, 1)
