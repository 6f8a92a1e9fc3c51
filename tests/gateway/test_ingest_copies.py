"""Which blocks the ingest takes for copies, and what it does about them."""

from __future__ import annotations

import pytest

from contract.message import Block
from gateway.ingest import Ingest
from tests.support.ingested import NOW_NS, TOPIC
from tests.support.site_of_two import (
    batch,
    event,
    imu,
)


def test_a_copy_of_what_is_durable_is_acknowledged_again_and_not_looked_at(ingest: Ingest) -> None:
    first = ingest.receive(TOPIC, batch(event()), NOW_NS)
    assert [detection.kind for detection in first.detections] == ["sos"]
    ingest.durable(record.identity for record in first.records)
    again = ingest.receive(TOPIC, batch(event()), NOW_NS)
    assert again.known == [first.records[0].identity]
    assert again.duplicates == 1
    assert not again.records
    assert not again.detections


def test_a_copy_of_what_is_not_durable_is_recorded_and_finds_nothing_twice(ingest: Ingest) -> None:
    ingest.receive(TOPIC, batch(event()), NOW_NS)
    again = ingest.receive(TOPIC, batch(event()), NOW_NS)
    assert len(again.records) == 1
    assert again.duplicates == 1
    assert not again.known
    assert not again.detections


def test_numbers_out_of_order_are_no_copies(ingest: Ingest) -> None:
    for seq in (5, 3, 4, 0):
        effects = ingest.receive(TOPIC, batch(imu(seq)), NOW_NS)
        assert [record.identity.seq for record in effects.records] == [seq]
        ingest.durable(record.identity for record in effects.records)
    assert ingest.receive(TOPIC, batch(imu(3)), NOW_NS).duplicates == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(imu(0, boot=2), id="after a restart"),
        pytest.param(event(0), id="of another kind"),
    ],
)
def test_the_same_number_is_another_block(ingest: Ingest, other: Block) -> None:
    ingest.durable(r.identity for r in ingest.receive(TOPIC, batch(imu(0)), NOW_NS).records)
    assert len(ingest.receive(TOPIC, batch(other), NOW_NS).records) == 1
