"""A device that is heard and not understood: its wearer is unwatched, and somebody is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract import sitefile
from contract.event import EventBlock
from contract.instants import ns
from contract.message import Message
from contract.refusal import RefusedBlock
from contract.tick import Tick
from tests.detectors.test_silence import ALL, arriving, at_s, block, found, said
from tests.support.motions import T0_NS

WHY = "odr_hz: a number is wanted"


def refused(device: str, second: int, lost: int = 1) -> RefusedBlock:
    return RefusedBlock(
        device=device, seq=second, t0_ns=T0_NS + ns(second), lost=lost, partly=1, reason=WHY
    )


def stream(*more: Message, until_s: int = 400, belts: Sequence[str] = ()) -> list[Message]:
    """Return what belts say, a tick a second, and what is said beside it."""
    heard = {belt: ALL[belt] for belt in belts}
    return sorted([*arriving(heard, until_s), *more], key=_when)


def _when(message: Message) -> int:
    return message.at_ns if isinstance(message, Tick) else message.t0_ns + 1  # type: ignore[attr-defined]


def test_a_belt_of_which_nothing_is_understood_is_never_called_silent() -> None:
    spoilt = [refused("belt-1", second) for second in range(10, 400, 10)]
    told = found(stream(*spoilt))
    assert said(told) == [("not_understood", phase, "belt-1") for phase in ("onset", "update")]
    assert at_s(told) == [101, 311]
    assert WHY in told[0].reason
    assert "not heard" not in told[0].reason


def test_one_that_was_understood_before_counts_from_then() -> None:
    good = [block("belt-1", second) for second in range(10)]
    spoilt = [refused("belt-1", second) for second in range(10, 250, 10)]
    again = [block("belt-1", second) for second in range(250, 400)]
    told = found(stream(*good, *spoilt, *again))
    assert said(told) == [("not_understood", phase, "belt-1") for phase in ("onset", "clear")]
    assert at_s(told) == [100, 251]
    assert told[-1].reason == "belt-1 is understood again"


def test_what_is_only_partly_refused_is_no_matter() -> None:
    spoilt = [refused("belt-1", second, lost=0) for second in range(10, 400, 10)]
    assert found(stream(*spoilt, belts=["belt-1"])) == []


def test_one_that_was_silent_and_comes_back_in_riddles_is_told_as_that() -> None:
    good = [block("belt-1", second) for second in range(10)]
    spoilt = [refused("belt-1", second) for second in range(200, 300, 10)]
    told = found(stream(*good, *spoilt, until_s=300))
    assert said(told) == [
        ("device_silent", "onset", "belt-1"),
        ("device_silent", "clear", "belt-1"),
        ("not_understood", "onset", "belt-1"),
    ]
    assert at_s(told) == [100, 201, 201]


BUTTON = """
[[device]]
id = "button-1"
kind = "button"
wearer = "w-1"
"""


@pytest.mark.parametrize("cleared", [True, False], ids=["understood later", "not understood again"])
def test_a_press_that_nobody_understands_is_told_at_once(cleared: bool) -> None:
    site = sitefile.parse(_with_button())
    press = EventBlock(device="button-1", seq=1, t0_ns=T0_NS + ns(50), event="check-in")
    more = [refused("button-1", 5), *([press] if cleared else [])]
    told = found(stream(*more, until_s=80), site)
    assert said(told) == [
        ("not_understood", "onset", "button-1"),
        *([("not_understood", "clear", "button-1")] if cleared else []),
    ]
    assert at_s(told)[0] == 6


def test_a_button_that_nobody_presses_is_not_waited_for() -> None:
    press = EventBlock(device="button-1", seq=1, t0_ns=T0_NS + ns(5), event="check-in")
    assert found(stream(press), sitefile.parse(_with_button())) == []


def _with_button() -> str:
    text = '[site]\nid = "hall-4"\n[[agent]]\nid = "edge-1"\n'
    return text + '[[wearer]]\nid = "w-1"\nname = "Nobody"\n' + BUTTON
