"""What the check-in detector promises: somebody presses in time, or does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.event import EventBlock, EventName
from contract.imu import ImuBlock
from contract.instants import ns, seconds
from contract.message import Message
from contract.tick import Tick
from detectors.button.checkin import CheckInDetector
from detectors.finding import Finding
from detectors.pipeline import Pipeline
from detectors.subject import Subject
from tests.support.hall import hall
from tests.support.motions import T0_NS

DETECTOR = CheckInDetector(every_s=100, grace_s=20, session_s=1000).at(hall())
KELLER = Subject("keller", wearer="keller")
SATO = Subject("sato", wearer="sato", lone=True)


def press(
    at_s: float, event: EventName = "check-in", detail: str = "", device: str = "belt-keller"
) -> EventBlock:
    t0_ns = T0_NS + ns(at_s)
    return EventBlock(device=device, seq=round(at_s), t0_ns=t0_ns, event=event, detail=detail)


def worn(at_s: float, on: bool | None = None, device: str = "belt-keller") -> ImuBlock:
    return ImuBlock(
        device=device,
        seq=round(at_s),
        t0_ns=T0_NS + ns(at_s),
        odr_hz=50,
        accel_g=((0.0, 0.0, 1.0),),
        worn=on,
    )


def ticks(from_s: int, to_s: int) -> list[Message]:
    return [Tick(at_ns=T0_NS + ns(second)) for second in range(from_s, to_s)]


def timed(messages: Sequence[Any], until_s: int) -> list[Message]:
    """Return messages that arrive when they were made, and a tick a second."""
    blocks = [m for m in messages if not isinstance(m, Tick)]
    return sorted(
        [*blocks, *ticks(0, until_s)],
        key=lambda m: m.at_ns if isinstance(m, Tick) else m.t0_ns,
    )


def found(messages: Sequence[Any], subject: Subject = KELLER) -> list[Finding]:
    state = DETECTOR.start(subject)
    told: list[Finding] = []
    for message in messages:
        state, new = DETECTOR.step(state, message)
        told += new
    return told


def said(told: Sequence[Finding]) -> list[tuple[str, int]]:
    return [(f.phase, round(seconds(f.decided_ns - T0_NS))) for f in told]


CASES: dict[str, tuple[list[Any], Subject, list[tuple[str, int]]]] = {
    "nobody promised anything": ([worn(1)], KELLER, []),
    "any other press begins no session": ([press(5, "all-right")], KELLER, []),
    "checks in, and then not": ([press(5)], KELLER, [("onset", 125)]),
    "in time, every time": ([press(s) for s in range(5, 400, 90)], KELLER, []),
    "within the grace": ([press(5), press(124), press(243), press(362)], KELLER, []),
    "too late, but well": (
        [press(5), press(140), press(250), press(350)],
        KELLER,
        [("onset", 125), ("clear", 139)],
    ),
    "answers otherwise": (
        [press(5), press(100, "all-right"), press(200, "cancel"), press(300, "button")],
        KELLER,
        [],
    ),
    "says that it is over": ([press(5), press(100, detail="end")], KELLER, []),
    "says so after missing": (
        [press(5), press(140, detail="End ")],
        KELLER,
        [("onset", 125), ("clear", 139)],
    ),
    "goes home": ([worn(1), press(5), worn(60, on=False)], KELLER, []),
    "only takes the watch off": (
        [worn(1), worn(2, device="watch"), press(5), worn(60, on=False, device="watch")],
        KELLER,
        [("onset", 125)],
    ),
    "alone, without a word": ([worn(10)], SATO, [("onset", 130)]),
    "alone, checks in": ([worn(10), *(press(s) for s in range(60, 400, 90))], SATO, []),
    "alone, the belt is in its charger": ([worn(10, on=False)], SATO, []),
    "alone, put on later": ([worn(10, on=False), worn(150)], SATO, [("onset", 270)]),
}


@pytest.mark.parametrize(("messages", "subject", "told"), CASES.values(), ids=CASES.keys())
def test_who_is_missed(messages: list[Any], subject: Subject, told: list[tuple[str, int]]) -> None:
    assert said(found(timed(messages, 400), subject)) == told


def test_the_onset_is_when_it_was_due_whatever_the_ticks() -> None:
    (onset,) = found([press(5.25), *ticks(6, 200)])
    assert seconds(onset.onset_ns - T0_NS) == pytest.approx(125.25)


def test_a_press_that_arrives_late_counts_from_when_it_was_pressed() -> None:
    stream = [*timed([press(5)], 130), press(90), *ticks(130, 400)]
    assert said(found(stream)) == [("onset", 125), ("clear", 129), ("onset", 210)]


def test_a_press_older_than_the_last_changes_nothing() -> None:
    stream = [*timed([press(5), press(90)], 100), press(40), *ticks(100, 400)]
    assert said(found(stream)) == [("onset", 210)]


def test_a_late_press_that_is_itself_too_old_does_not_clear() -> None:
    stream = [*timed([press(5)], 200), press(40), *ticks(200, 400)]
    assert said(found(stream)) == [("onset", 125)]


def test_a_clock_that_is_ahead_buys_no_time() -> None:
    stream = [*ticks(0, 10), press(250), *ticks(10, 400)]
    assert said(found(stream)) == [("onset", 130)]


def test_what_was_pressed_while_the_gateway_was_away_may_still_come() -> None:
    away = [*timed([press(5)], 60), *ticks(300, 350)]
    assert found(away) == []
    assert said(found([*away, press(280), *ticks(350, 500)])) == [("onset", 420)]
    assert said(found([*away, *ticks(350, 500)])) == [("onset", 420)]


def test_a_session_that_nobody_ended_is_over_some_day() -> None:
    assert said(found([*timed([press(5)], 1100)])) == [("onset", 125), ("clear", 1006)]


def test_a_check_in_of_yesterday_begins_nothing() -> None:
    assert found([*ticks(5000, 5010), press(5), *ticks(5010, 5300)]) == []


@pytest.mark.parametrize(
    ("device", "severity"),
    [
        pytest.param("belt-keller", "SEV2", id="among-others"),
        pytest.param("belt-sato", "SEV1", id="alone"),
    ],
)
def test_how_bad_it_is(device: str, severity: str) -> None:
    pipeline = Pipeline(hall(), [DETECTOR])
    pipeline.feed(press(5, device=device))
    told = [d for s in range(5, 200) for d in pipeline.tick(T0_NS + ns(s)).detections]
    assert [(d.kind, d.assessment.severity) for d in told] == [("missed_check_in", severity)]


@given(st.lists(st.integers(0, 600), max_size=12))
@settings(max_examples=60)
def test_missed_is_what_was_not_pressed_in_time(at: list[int]) -> None:
    """The same, by looking at all of the presses at once."""
    presses = sorted({0, *at})
    due = [a + 120 for a, b in zip(presses, [*presses[1:], 10**6], strict=True) if b > a + 120]
    told = found(timed([press(s) for s in presses], 700))
    missed = [round(seconds(f.onset_ns - T0_NS)) for f in told if f.phase == "onset"]
    assert missed == [at_s for at_s in due if at_s < 700]
