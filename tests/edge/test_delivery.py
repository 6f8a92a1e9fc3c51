from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ack import Ack, Held, Refusal
from contract.instants import ns
from edge.delivery import JITTER, MAX_IN_FLIGHT_BYTES, Delivery
from edge.entry import Entry, encoded
from tests.edge.samples import ack, imu, sos


def flight(*blocks: Entry) -> Delivery:
    delivery = Delivery(Random(1))
    delivery.sent(blocks, 0)
    return delivery


SAMPLE, EVENT = encoded(1, imu(0)), encoded(2, sos(0))


@pytest.mark.parametrize(
    ("entry", "delays_s"),
    [
        pytest.param(SAMPLE, [3, 6, 12, 24, 48, 60, 60], id="a sample, up to a minute"),
        pytest.param(EVENT, [3, 6, 6, 6], id="a call for help, up to six seconds"),
    ],
)
def test_each_resend_waits_longer(entry: Entry, delays_s: list[float]) -> None:
    delivery = flight(entry)
    now_ns = 0
    for delay_s in delays_s:
        assert not delivery.due(now_ns + ns(delay_s) - 1)
        now_ns += ns(delay_s * (1 + JITTER))
        assert delivery.due(now_ns) == [entry]
        delivery.sent([entry], now_ns)


def test_an_event_is_not_put_off_for_the_sake_of_others() -> None:
    """What many agents send again is spread; who calls for help waits for no such thing."""
    for seed in range(5):
        delivery = Delivery(Random(seed))
        delivery.sent([SAMPLE, EVENT], 0)
        assert delivery.due(ns(3)) == [EVENT]
        assert delivery.due(ns(3 * (1 + JITTER))) == [EVENT, SAMPLE]


def test_events_are_sent_again_first_and_then_the_oldest() -> None:
    entries = [encoded(1, imu(5)), encoded(2, imu(3)), encoded(3, sos(9))]
    due = flight(*entries).due(ns(60))
    assert [entry.id for entry in due] == [3, 1, 2]


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        pytest.param(ack((0, 0)), [1, 2, 3], id="one"),
        pytest.param(ack((0, 0), (2, 3)), [1], id="with a gap"),
        pytest.param(ack((0, 3), device="belt-09"), [0, 1, 2, 3], id="another device"),
        pytest.param(ack((0, 3), boot=9), [0, 1, 2, 3], id="another boot"),
        pytest.param(
            Ack(
                gateway="gateway",
                devices=(
                    Held(
                        block="imu/1",
                        device="belt-01",
                        boot=1,
                        refused=(Refusal(seq=2, reason="no"),),
                    ),
                ),
            ),
            [0, 1, 3],
            id="refused",
        ),
    ],
)
def test_what_is_answered_is_not_sent_again(answer: Ack, left: list[int]) -> None:
    delivery = flight(*(encoded(i, imu(i)) for i in range(4)))
    assert delivery.settle(answer) == 4 - len(left)
    assert [entry.key.seq for entry in delivery.due(ns(60))] == left


def test_a_gateway_that_is_back_is_not_kept_waiting() -> None:
    delivery = flight(SAMPLE)
    for _ in range(6):
        delivery.sent([SAMPLE], 0)
    assert not delivery.due(ns(30))
    delivery.hurry(0)
    assert delivery.due(ns(4)) == [SAMPLE]


def test_a_link_that_flaps_does_not_put_a_resend_off_for_ever() -> None:
    delivery = flight(SAMPLE)
    for second in range(4):
        delivery.hurry(ns(second))
    assert delivery.due(ns(4)) == [SAMPLE]


def test_what_is_in_flight_is_bounded() -> None:
    delivery = Delivery()
    big = Entry(1, SAMPLE.key, 0, False, b"x" * (MAX_IN_FLIGHT_BYTES // 2))
    assert delivery.has_room(for_backlog=True)
    delivery.sent([big], 0)
    assert delivery.has_room()
    assert not delivery.has_room(for_backlog=True)
    delivery.sent([Entry(2, EVENT.key, 0, False, big.payload)], 0)
    assert not delivery.has_room()


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60))
def test_the_figures_are_those_of_what_is_in_flight(steps: list[tuple[int, bool]]) -> None:
    delivery = Delivery(Random(1))
    model: set[int] = set()
    for seq, sends in steps:
        if sends:
            delivery.sent([encoded(seq, imu(seq))], 0)
            model.add(seq)
        else:
            delivery.settle(ack((seq, seq + 2)))
            model -= {seq, seq + 1, seq + 2}
    due = delivery.due(ns(1000))
    assert {entry.key.seq for entry in due} == model
    assert delivery.blocks == len(model)
    assert delivery.bytes == sum(len(entry.payload) for entry in due)
