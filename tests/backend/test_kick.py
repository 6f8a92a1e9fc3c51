"""Whoever writes a page wakes the engine; whoever writes none lets it sleep."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.severity import Severity
from tests.support.pages import Pager

Act = Callable[[Pager], object]


def _falls(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection(device="belt-12"), pager.now_ns)


def _moves(pager: Pager) -> None:
    told = pager.detection(device="belt-12", phase="update", claim_s=-2.5, decided_s=1)
    pager.parts.intake.receive(told, pager.now_ns)


def _raised(pager: Pager) -> None:
    pager.parts.acknowledger.set_severity(1, "karin-ek", Severity.SEV1, "lies below a truck")


def _given_back(pager: Pager) -> None:
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "one")
    pager.parts.acknowledger.unacknowledge(1, "karin-ek", "on the other side of the town")


@pytest.mark.parametrize(
    ("act", "wakes"),
    [
        pytest.param(_falls, False, id="a copy of the fall"),
        pytest.param(_moves, False, id="an update that changes nothing"),
        pytest.param(_raised, True, id="a tier that a person raises"),
        pytest.param(_given_back, True, id="an acknowledgement that is given back"),
    ],
)
def test_the_engine_is_woken_by_pages_alone(pager: Pager, act: Act, wakes: bool) -> None:
    _falls(pager)
    woken: list[None] = []
    pager.parts.database.after_writing["pages"] = [lambda: woken.append(None)]
    act(pager)
    assert bool(woken) is wakes


def test_a_fall_wakes_the_engine_only_once_it_is_durable(pager: Pager) -> None:
    seen: list[int] = []
    database = pager.parts.database
    database.after_writing["pages"] = [lambda: seen.append(len(pager.parts.reader.pages()))]
    _falls(pager)
    assert seen == [2]
