"""`batch.read`: whatever arrives, what is good is read and what is not is refused by name."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import batch
from contract.batch import BLOCKS, MAX_BLOCKS, MAX_PAYLOAD_BYTES, Cause, Refused
from tests.support.messages import DOOR, EVENT, EXAMPLES, IMU, READS, TRACKS, encoded

BATCH = EXAMPLES["batch"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
GOOD = st.sampled_from([IMU, READS, TRACKS, EVENT, DOOR])
FIELDS = st.sampled_from(sorted({*IMU, *READS, *TRACKS, *EVENT, *DOOR, "accel_g"}))
DAMAGED = st.builds(lambda block, name, value: {**block, name: value}, GOOD, FIELDS, ANY_JSON)


def test_a_good_batch_is_read_whole() -> None:
    found, blocks, refused = batch.read(encoded(BATCH))
    assert found is not None
    assert found.agent == "edge-1"
    assert [block.message for block in blocks] == list(BLOCKS)
    assert refused == ()


def test_a_bare_block_is_read_too() -> None:
    found, blocks, refused = batch.read(encoded(IMU))
    assert (found, len(blocks), len(refused)) == (None, 1, 0)


@given(st.binary(max_size=300))
def test_no_bytes_are_too_much(payload: bytes) -> None:
    found, blocks, refused = batch.read(payload)
    assert found is not None or blocks or refused


@given(ANY_JSON)
def test_no_json_is_too_much(value: object) -> None:
    found, blocks, refused = batch.read(encoded(value))
    assert found is not None or blocks or refused


@given(st.lists(GOOD, max_size=5), st.lists(DAMAGED | ANY_JSON, max_size=5), st.randoms())
def test_one_bad_block_does_not_take_the_others(
    good: list[dict[str, Any]], doubtful: list[object], random: Random
) -> None:
    parts = [*good, *doubtful]
    random.shuffle(parts)
    found, blocks, refused = batch.read(encoded({**BATCH, "blocks": parts}))
    alone = [batch.read_part(json.loads(json.dumps(part)))[0] for part in doubtful]
    assert found is not None
    assert len(blocks) == len(good) + sum(part is not None for part in alone)
    assert len(blocks) + sum(not each.partly for each in refused) == len(parts)
    assert all(0 < len(refusal.reason) <= 500 for refusal in refused)


@given(DAMAGED)
def test_a_block_is_judged_alike_alone_and_in_a_batch(block: dict[str, Any]) -> None:
    _, alone, _ = batch.read(encoded(block))
    _, among, _ = batch.read(encoded({**BATCH, "blocks": [block]}))
    # By their words: NaN in a field that is not known is no difference.
    assert [repr(each) for each in alone] == [repr(each) for each in among]


@pytest.mark.parametrize(
    ("payload", "refusal"),
    [
        pytest.param(
            b"",
            Refused("not JSON: EOF while parsing a value at line 1 column 0", cause=Cause.NOT_JSON),
            id="empty",
        ),
        pytest.param(
            b'{"message": ["imu/1"], "device": "belt-01", "seq": 7}',
            Refused(
                "unknown message ['imu/1']; known: assignment/1, door/1, evacuation/1, event/1, "
                "imu/1, reads/1, refused/1, tracks/1, zone_state/1",
                None, "belt-01", 0, 7, Cause.UNKNOWN_MESSAGE,
            ),
            id="message-a-list",
        ),
        pytest.param(
            b"[1, 2]",
            Refused("a JSON object is wanted, not list", cause=Cause.NOT_JSON),
            id="a-list",
        ),
        pytest.param(
            b'{"message": "imu/9", "device": "belt-01", "boot": 2, "seq": 7}',
            Refused(
                "unknown message 'imu/9'; known: assignment/1, door/1, evacuation/1, event/1, "
                "imu/1, reads/1, refused/1, tracks/1, zone_state/1",
                "imu/9", "belt-01", 2, 7, Cause.UNKNOWN_MESSAGE,
            ),
            id="unknown-version",
        ),
        pytest.param(
            b'{"message": "batch/1", "agent": "edge-1", "sent_ns": 1, "blocks": 7}',
            Refused(f"batch/1: blocks must be a list of at most {MAX_BLOCKS}"),
            id="blocks-a-number",
        ),
        pytest.param(
            b'{"message": "batch/1", "agent": "Edge 1", "sent_ns": 1, "blocks": []}',
            Refused(
                "batch/1: agent: String should match pattern '^[a-z0-9][a-z0-9-]{0,62}$'"
            ),
            id="agent-misnamed",
        ),
        pytest.param(
            b'{"message": "event/1", "device": "belt-01", "seq": -1, "t0_ns": 1, "event": "sos"}',
            Refused(
                "event/1.seq: Input should be greater than or equal to 0", "event/1", "belt-01", 0
            ),
            id="identity-only-as-far-as-it-is-sound",
        ),
        pytest.param(
            b" " * (MAX_PAYLOAD_BYTES + 1),
            Refused("1000001 bytes in one publish; at most 1000000 are read"),
            id="too-big",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_what_and_of_whom(payload: bytes, refusal: Refused) -> None:
    _, blocks, refused = batch.read(payload)
    assert (list(blocks), list(refused)) == ([], [refusal])


def test_nan_costs_only_the_block_that_has_it() -> None:
    payload = encoded({**BATCH, "blocks": [{**IMU, "odr_hz": float("nan")}, EVENT]})
    _, blocks, refused = batch.read(payload)
    assert [block.message for block in blocks] == ["event/1"]
    assert list(refused) == [
        Refused("imu/1.odr_hz: Input should be a finite number", "imu/1", "belt-01", 3, 17)
    ]


def test_a_missing_list_of_blocks_is_refused() -> None:
    found, blocks, refused = batch.read(b'{"message": "batch/1", "agent": "edge-1", "sent_ns": 1}')
    assert found is not None
    assert (len(blocks), len(refused)) == (0, 1)


def test_a_batch_of_too_many_is_refused_whole() -> None:
    found, blocks, refused = batch.read(encoded({**BATCH, "blocks": [EVENT] * (MAX_BLOCKS + 1)}))
    assert found is not None
    assert (len(blocks), len(refused)) == (0, 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="nested-without-end"),
        pytest.param('{"a":' * 50_000 + "1" + "}" * 50_000, id="nested-objects"),
        pytest.param('{"message": "imu/1", "seq": ' + "9" * 100_000 + "}", id="endless-integer"),
        pytest.param('{"message": "imu/1", "t0_ns": 1e999999}', id="endless-exponent"),
        pytest.param('{"message": "\\ud800", "device": "\\udfff"}', id="half-a-surrogate"),
        pytest.param('{"message": "' + "x" * 900_000 + '"}', id="endless-name"),
        pytest.param('{"message": "imu/1", "message": "imu/2"}', id="said-twice"),
    ],
)
def test_json_made_to_hurt_is_refused_in_few_words(text: str) -> None:
    for payload in (
        text,
        '{"message": "batch/1", "agent": "a", "sent_ns": 1, "blocks": [' + text + "]}",
    ):
        _, blocks, refused = batch.read(payload.encode())
        assert not blocks
        assert [refusal for refusal in refused if len(refusal.reason) <= 500]
