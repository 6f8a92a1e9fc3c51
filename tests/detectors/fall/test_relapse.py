"""Who was up after a fall, or moved, and then lies still again: told once a stillness."""

from __future__ import annotations

import pytest

from contract.detection import Phase
from contract.instants import seconds
from detectors.fall.detector import FallDetector
from detectors.fall.relapse import WATCHED_AGAIN_S
from detectors.finding import Finding
from detectors.subject import Subject
from tests.support.falls_found import found, onsets, since_s
from tests.support.hall import hall
from tests.support.motions import SIDE, UP, Part, blocks, fall, restless, sampled, still
from tests.support.posture_weights import by_posture

FALLS = by_posture().at(hall())

UP_AGAIN = (still(12), *fall(), restless(8))
"""Somebody falls, and is up again after ten seconds."""
NEVER_UP = (still(12), *fall(), restless(190, SIDE))
"""Somebody falls, and moves on the ground for as long as the aftermath is followed."""
AGAIN: tuple[Phase, float] = ("update", 60.0)
CLEARED: tuple[Phase, None] = ("clear", None)
Said = list[tuple[Phase, float | None]]


def later(told: list[Finding], after: tuple[Part, ...]) -> Said:
    """Return what is told after the parts that lead there."""
    led_s = sum(part.seconds for part in after)
    return [
        (f.phase, None if f.phase == "clear" else float(f.facts["still_s"]))
        for f in told
        if since_s(f.decided_ns) > led_s
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(UP_AGAIN, [still(200, SIDE)], [AGAIN], id="lies still again, told once"),
        pytest.param(UP_AGAIN, [still(59, SIDE)], [], id="not for long enough"),
        pytest.param(UP_AGAIN, [still(200, UP)], [], id="stands or sits still"),
        pytest.param(
            UP_AGAIN,
            [still(62, SIDE), restless(2, SIDE), still(62, SIDE)],
            [AGAIN, AGAIN],
            id="moves and is still again: told again",
        ),
        pytest.param(
            UP_AGAIN,
            [still(62, SIDE), restless(8), restless(8), still(62, SIDE)],
            [AGAIN, CLEARED, AGAIN],
            id="up in between: told as well",
        ),
        pytest.param(
            UP_AGAIN,
            [restless(30, SIDE), still(20, SIDE), restless(30)],
            [],
            id="rests on the side",
        ),
        pytest.param(NEVER_UP, [still(70, SIDE)], [AGAIN], id="still after three minutes"),
        pytest.param(NEVER_UP, [restless(9)], [CLEARED], id="up after three minutes"),
    ],
)
def test_a_new_stillness(before: tuple[Part, ...], after: list[Part], said: Said) -> None:
    told = found((*before, *after))
    assert later(told, before) == said
    assert len(onsets(told)) == 1
    assert {f.onset_ns for f in told} == {told[0].onset_ns}


def test_a_stillness_that_was_told_is_not_told_again_when_the_aftermath_is_over() -> None:
    lies = (still(12), *fall(lying_s=300))
    told = found(lies)
    assert [f.facts.get("still_s") for f in told if "still_s" in f.facts][-1] == 120.0
    assert seconds(told[-1].decided_ns - told[0].onset_ns) < 130


@pytest.mark.parametrize(
    ("walks_s", "count"),
    [
        pytest.param(WATCHED_AGAIN_S - 120, 1, id="within half an hour"),
        pytest.param(WATCHED_AGAIN_S + 10, 0, id="later"),
    ],
)
def test_it_is_watched_for_half_an_hour(walks_s: float, count: int) -> None:
    before = (*UP_AGAIN, restless(walks_s))
    assert len(later(found((*before, still(70, SIDE))), before)) == count


def test_an_arm_at_rest_says_nothing_of_the_body() -> None:
    state = FALLS.start(Subject("watch-1", device="watch-1", worn="arm"))
    told: list[Finding] = []
    for block in blocks(sampled((*UP_AGAIN, still(200, SIDE)))):
        state, new = FALLS.step(state, block)
        told += new
    assert told
    assert later(told, UP_AGAIN) == []


def test_a_gap_is_neither_stillness_nor_movement() -> None:
    sent = blocks(sampled((*UP_AGAIN, still(100, SIDE))))
    cut = len(sampled(UP_AGAIN)) // 50 + 40
    state = FALLS.start(Subject("belt-keller", device="belt-keller"))
    told: list[Finding] = []
    for block in [*sent[:cut], *sent[cut + 5 :]]:
        state, new = FALLS.step(state, block)
        told += new
    assert later(told, UP_AGAIN) == []


def test_a_new_fall_is_a_claim_of_its_own() -> None:
    told = found((*UP_AGAIN, restless(20), still(3), *fall(lying_s=20)))
    first, second = onsets(told)
    assert {f.onset_ns for f in told if f.decided_ns >= second.decided_ns} == {second.onset_ns}
    assert first.onset_ns != second.onset_ns


def test_the_stillness_of_which_severity_asks_is_reached() -> None:
    severity = hall().severity.model_copy(update={"fall_still_s": 90.0})
    detector = FallDetector().at(hall().model_copy(update={"severity": severity}))
    assert detector.still_again_s == 90.0
