"""Who gives way when there are too many, and what takes too long."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from backend.door.descriptors import ESSENTIAL, RESERVED, Capacity
from backend.door.phases import ANSWER_S, RULES, Phase, gives_way, overdue

NOW_S = 1000.0


@dataclass(frozen=True)
class Seen:
    phase: Phase
    since_s: float = NOW_S - 5
    proved: bool = False


@pytest.mark.parametrize(
    ("held", "first"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([Seen(Phase.WORKING)] * 3, None, id="who is being served never does"),
        pytest.param(
            [Seen(Phase.WORKING), Seen(Phase.STREAM)], Phase.STREAM, id="a stream before the served"
        ),
        pytest.param(
            [Seen(Phase.IDLE), Seen(Phase.HEADERS, NOW_S - 2)],
            Phase.HEADERS,
            id="who has asked nothing before who has",
        ),
        pytest.param(
            [Seen(Phase.HEADERS, NOW_S - 0.2), Seen(Phase.BODY, NOW_S - 9)],
            Phase.BODY,
            id="who has come this second is given it",
        ),
        pytest.param(
            [Seen(Phase.IDLE, NOW_S - 60, proved=True), Seen(Phase.BODY), Seen(Phase.STREAM)],
            Phase.BODY,
            id="the gateway after every stranger",
        ),
        pytest.param(
            [Seen(Phase.IDLE, NOW_S - 60, proved=True), Seen(Phase.HEADERS, NOW_S - 0.1)],
            Phase.HEADERS,
            id="the gateway after a flood of this second",
        ),
        pytest.param(
            [Seen(Phase.STREAM, NOW_S - 60), Seen(Phase.HEADERS, NOW_S - 0.1)],
            Phase.HEADERS,
            id="a live page after a flood of this second",
        ),
        pytest.param([Seen(Phase.IDLE, proved=True)], Phase.IDLE, id="and in the end it too"),
    ],
)
def test_who_gives_way_first(held: list[Seen], first: Phase | None) -> None:
    found = gives_way(held, NOW_S)
    assert (found.phase if found else None) == first


def test_the_longest_waiting_of_its_kind_gives_way() -> None:
    held = [Seen(Phase.BODY, NOW_S - ago) for ago in (3, 20, 7)]
    assert gives_way(held, NOW_S) == held[1]


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_rule_and_an_end_but_what_is_looked_at_for_long(phase: Phase) -> None:
    longest_s = RULES[phase].longest_s
    assert overdue(phase, 0, None, (longest_s or 1e9) + 0.1) == (longest_s is not None)
    assert not overdue(phase, 0, 0, min(longest_s or ANSWER_S, ANSWER_S) - 0.1)
    assert overdue(phase, ANSWER_S, 0, ANSWER_S + 0.1) == (phase is not Phase.STREAM)


@pytest.mark.parametrize("descriptors", [64, 256, 512, 1024, 4096, 65_536])
def test_the_reserve_is_kept_or_its_lack_is_said(descriptors: int) -> None:
    capacity = Capacity.of(descriptors)
    left = descriptors - capacity.connections - ESSENTIAL
    assert capacity.enough == (left >= RESERVED)
    assert capacity.streams < capacity.each_address < capacity.connections
