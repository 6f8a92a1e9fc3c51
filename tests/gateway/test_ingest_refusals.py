"""What the ingest refuses, by name: every kind of bad input."""

from __future__ import annotations

import json

import pytest

from contract.batch import MAX_BLOCKS
from contract.imu import MAX_SAMPLES
from contract.tick import Tick
from gateway.effects import Reason
from gateway.ingest import UNKNOWN, Ingest
from tests.support.ingested import GOOD, NOW_NS, TOPIC, as_dict, raw_batch
from tests.support.site_of_two import (
    batch,
    imu,
)

BAD = [
    pytest.param(TOPIC, b"{", Reason.NOT_JSON, UNKNOWN, None, id="invalid JSON"),
    pytest.param(TOPIC, b"\xff\xfe", Reason.NOT_JSON, UNKNOWN, None, id="not even text"),
    pytest.param(TOPIC, b"", Reason.NOT_JSON, UNKNOWN, None, id="empty payload"),
    pytest.param(TOPIC, b"[" * 100_000, Reason.NOT_JSON, UNKNOWN, None, id="endless nesting"),
    pytest.param(TOPIC, b"[1, 2]", Reason.NOT_JSON, UNKNOWN, None, id="a list, not an object"),
    pytest.param(
        TOPIC,
        json.dumps(as_dict(GOOD, message="imu/9")).encode(),
        Reason.UNKNOWN_MESSAGE,
        "belt-1",
        0,
        id="unknown version of a block",
    ),
    pytest.param(
        TOPIC,
        json.dumps({"message": "batch/2", "blocks": []}).encode(),
        Reason.UNKNOWN_MESSAGE,
        UNKNOWN,
        None,
        id="unknown version of a batch",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, odr_hz=float("nan"))),
        Reason.INVALID,
        "belt-1",
        0,
        id="NaN",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, odr_hz=1e999)),
        Reason.INVALID,
        "belt-1",
        0,
        id="infinity",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, accel_i16="AAAA")),
        Reason.INVALID,
        "belt-1",
        0,
        id="wrong shape: half a sample",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, accel_i16="")),
        Reason.INVALID,
        "belt-1",
        0,
        id="a block of zero samples",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, odr_hz=1600, accel_i16="AAAAAAAA" * (MAX_SAMPLES + 1))),
        Reason.INVALID,
        "belt-1",
        0,
        id="a block of too many samples",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, accel_i16="AAAAAAAA" * 1_000_000)),
        Reason.TOO_LARGE,
        UNKNOWN,
        None,
        id="a block of a million samples",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, odr_hz=1e6)),
        Reason.INVALID,
        "belt-1",
        0,
        id="odr_hz absurd",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, seq=-1)),
        Reason.INVALID,
        "belt-1",
        None,
        id="a negative number, so nobody can be told which block it was",
    ),
    pytest.param(
        TOPIC,
        raw_batch(as_dict(GOOD, device="Belt 1")),
        Reason.INVALID,
        UNKNOWN,
        None,
        id="a device id that no topic could carry",
    ),
    pytest.param(
        TOPIC,
        batch(imu(device="belt-9")),
        Reason.UNKNOWN_DEVICE,
        UNKNOWN,
        0,
        id="a device that the site file does not know",
    ),
    pytest.param(
        TOPIC,
        batch(imu(device="belt-2")),
        Reason.WRONG_AGENT,
        "belt-2",
        0,
        id="a device that another agent speaks for",
    ),
    pytest.param(
        TOPIC,
        batch(GOOD, agent="edge-2"),
        Reason.AGENT,
        UNKNOWN,
        None,
        id="a topic that does not match the batch's agent",
    ),
    pytest.param(
        "floorwatch/1/dock-2/edge-1/reads",
        json.dumps(as_dict(GOOD)).encode(),
        Reason.STREAM,
        "belt-1",
        0,
        id="a block on another kind's stream",
    ),
    pytest.param(TOPIC, b"x" * 10_000_000, Reason.TOO_LARGE, UNKNOWN, None, id="a 10 MB payload"),
    pytest.param(
        TOPIC,
        raw_batch(*({},) * (MAX_BLOCKS + 1)),
        Reason.INVALID,
        UNKNOWN,
        None,
        id="too many blocks",
    ),
    pytest.param(
        "floorwatch/1/dock-2/Edge_1/batch",
        batch(GOOD),
        Reason.TOPIC,
        UNKNOWN,
        None,
        id="an agent's name that is none",
    ),
    pytest.param(
        "floorwatch/2/dock-2/edge-1/batch",
        batch(GOOD),
        Reason.TOPIC,
        UNKNOWN,
        None,
        id="another version of the topics",
    ),
    pytest.param(
        "floorwatch/1/dock-3/edge-1/batch",
        batch(GOOD),
        Reason.TOPIC,
        UNKNOWN,
        None,
        id="another site's topic",
    ),
    pytest.param(
        "floorwatch/1/dock-2/edge-1/status",
        batch(GOOD),
        Reason.STREAM,
        UNKNOWN,
        None,
        id="a stream without blocks",
    ),
    pytest.param(
        "floorwatch/1/dock-2/edge-1/tick",
        Tick(at_ns=NOW_NS).model_dump_json().encode(),
        Reason.STREAM,
        UNKNOWN,
        None,
        id="time over the wire, where the gateway has its own",
    ),
]


@pytest.mark.parametrize(("topic", "payload", "reason", "label", "refused_seq"), BAD)
def test_bad_input_is_refused_by_name_and_the_next_message_is_taken(
    ingest: Ingest, topic: str, payload: bytes, reason: Reason, label: str, refused_seq: int | None
) -> None:
    effects = ingest.receive(topic, payload, NOW_NS)
    assert [(r.reason, r.label) for r in effects.rejects] == [(reason, label)]
    assert effects.rejects[0].detail
    assert not effects.records
    assert [r.identity.seq for r in effects.refused] == ([] if refused_seq is None else [0])
    assert len(ingest.receive(TOPIC, batch(imu(1)), NOW_NS).records) == 1


def test_a_refusal_names_the_device_and_suggests_what_was_meant(ingest: Ingest) -> None:
    effects = ingest.receive(TOPIC, batch(imu(device="belt-9")), NOW_NS)
    (reject,) = effects.rejects
    assert reject.device == "belt-9"
    assert reject.detail == 'there is no device "belt-9"; did you mean "belt-2"?'


def test_one_bad_block_does_not_take_the_others_with_it(ingest: Ingest) -> None:
    parts = [as_dict(imu(0)), as_dict(imu(1), odr_hz=0), "nonsense", as_dict(imu(2))]
    effects = ingest.receive(TOPIC, raw_batch(*parts), NOW_NS)
    assert [record.identity.seq for record in effects.records] == [0, 2]
    assert [refusal.identity.seq for refusal in effects.refused] == [1]
    assert len(effects.rejects) == 2
