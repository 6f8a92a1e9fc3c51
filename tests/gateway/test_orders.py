"""An order is asked for until it is on the disk or refused, and none is passed by."""

from __future__ import annotations

import pytest

from contract.message import Block
from gateway.effects import Identity
from gateway.orders import Numbered, RefusedOrders, identity
from tests.support.place_site import assigned

ORDERS = tuple(assigned("ff01", "o-lund", seq=seq) for seq in (4, 7, 9))


@pytest.mark.parametrize(
    ("settled", "held", "pending"),
    [
        pytest.param((), 0, (4, 7, 9), id="none is there yet"),
        pytest.param((4,), 4, (7, 9), id="the first"),
        pytest.param((7, 9), 0, (4, 7, 9), id="a hole: the first is asked for again"),
        pytest.param((4, 9), 4, (7, 9), id="a hole in the middle"),
        pytest.param((4, 7, 9), 9, (), id="all"),
    ],
)
def test_held_never_passes_by_what_is_not(
    settled: tuple[int, ...], held: int, pending: tuple[int, ...]
) -> None:
    orders = Numbered((0, 0))
    orders.asked(ORDERS)
    assert orders.settle(lambda order: order.seq in settled) == bool(held)
    assert orders.held == ((1, held) if held else (0, 0))
    assert tuple(block.seq for block in orders.pending) == pending


def test_what_is_settled_later_is_held_then() -> None:
    orders = Numbered((1, 4))
    orders.asked(ORDERS[1:])
    assert not orders.settle(lambda order: False)
    assert orders.settle(lambda order: order.seq == 7)
    assert orders.settle(lambda order: True)
    assert (orders.held, orders.pending) == ((1, 9), ())
    orders.asked(())
    assert not orders.settle(lambda order: True)


def test_a_refusal_is_news_once_and_the_oldest_is_forgotten() -> None:
    refusals = RefusedOrders(2)
    first, second, third = (identity(block) for block in ORDERS)
    assert refusals.note(first, "why")
    assert not refusals.note(first, "why")
    assert refusals.note(second, "why")
    assert refusals.note(third, "because")
    assert [each in refusals for each in (first, second, third)] == [False, True, True]
    assert refusals.of("assignment/1") == {7: "why", 9: "because"}
    assert refusals.of("zone_state/1") == {}


def test_an_order_is_known_as_the_backends() -> None:
    block: Block = ORDERS[0]
    assert identity(block) == Identity("backend", "assignment/1", "backend", 1, 4)
