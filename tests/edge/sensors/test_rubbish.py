"""Whatever is sent to a vendor's driver: nothing raises, and nothing vanishes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.batch import MAX_PAYLOAD_BYTES
from edge.sensors.heard import Heard, Passed, Unread
from tests.edge.sensors.test_vendors import (
    EPC,
    FORM,
    NOW_NS,
    TOPIC,
    impinj,
    published,
    sled,
    zebra,
)
from tests.support.vendors import VENDORS, driver, minew_frame, reads_of, reasons

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
_SEEDS: list[Any] = [
    impinj(epcHex=EPC, antennaPort=1, peakRssiCdbm=-5000, lastSeenTime="2026-05-28T20:26:39Z"),
    {**zebra(MAC="C4:7D:CC:FF:FF:FF", peakRssi=-70), "timestamp": "2026-05-28T20:26:39Z"},
    sled({"EPC": EPC, "peakRssi": -50}),
    {"antennaPort": 7, "epc": EPC, "peakRssi": -51, "firstSeenTimestamp": 5, "readerName": "a"},
    {"tagID": EPC, "x": 1, "y": 2, "rssi": -800, "locateTime": 1, "antennaNames": ["a"]},
    {"mac": "C3000025EF6A", "rssi": -65, "timestamp": 1, "gateway": "a", "type": "Gateway"},
    {"id": "C3:00:00:25:EF:6A", "rssi": -55, "time": 3, "parent": "a"},
    {"door": "a", "credential": "7", "result": "granted", "direction": "in", "time": 1},
]


@st.composite
def _damaged(draw: st.DrawFn) -> Any:
    """A good object with any value of it exchanged for anything."""
    seed = json.loads(json.dumps(draw(st.sampled_from(_SEEDS))))
    at = seed
    while isinstance(at, dict) and at:
        key = draw(st.sampled_from(sorted(at)))
        if isinstance(at[key], dict) and draw(st.booleans()):
            at = at[key]
            continue
        at[key] = draw(_JSON)
        break
    return seed


_PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(str.encode),
    _JSON.map(lambda value: json.dumps(value).encode()),
    _damaged().map(lambda value: json.dumps(value).encode()),
    st.lists(_damaged(), max_size=3).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=120).map(lambda tail: b"\xbb\x01" + tail),
    st.binary(max_size=60).map(lambda tail: FORM + b"&field_values=" + tail),
)
_TOPICS = st.sampled_from(
    [TOPIC, "mt/gateway/e4ebc3f77f09/device/da51bdeef18c/rssi", "mt/device/", ""]
)


@pytest.mark.parametrize("kind", VENDORS)
@given(payload=_PAYLOADS, topic=_TOPICS, retained=st.booleans())
def test_no_payload_raises_and_all_of_it_is_read_or_refused(
    kind: str, payload: bytes, topic: str, retained: bool
) -> None:
    vendor = driver(kind)
    parts = list(vendor.parse(payload, topic))
    assert all(isinstance(part, Heard | Passed | Unread) for part in parts)
    assert parts == list(vendor.parse(payload, topic)), "the same twice"
    measured, refused = vendor.published(payload, topic, NOW_NS, retained=retained)
    assert all(0 < len(refusal.reason) <= 500 for refusal in refused)
    for part in measured:
        json.loads(part.block.model_dump_json())


@pytest.mark.parametrize("kind", VENDORS)
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b" " * (MAX_PAYLOAD_BYTES + 1), id="too large"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"id":' * 50_000, id="nested objects"),
        pytest.param(b'{"id": ' + b"9" * 100_000 + b"}", id="an endless number"),
        pytest.param(b'{"id": "\\ud800"}', id="half a surrogate"),
        pytest.param(b"\xff\xfe{}", id="not UTF-8"),
    ],
)
def test_what_is_made_to_hurt_is_refused_in_few_words(kind: str, payload: bytes) -> None:
    measured, refused = published(kind, payload)
    assert not measured
    assert refused
    assert all(len(refusal.reason) <= 500 for refusal in refused)


@given(
    st.lists(
        st.tuples(
            st.binary(min_size=6, max_size=6).map(bytes.hex),
            st.lists(st.tuples(st.binary(max_size=31), st.integers(-128, 127)), max_size=3),
        ),
        max_size=4,
    )
)
def test_every_packet_of_a_binary_frame_is_a_read(
    devices: list[tuple[str, list[tuple[bytes, int]]]],
) -> None:
    measured, refused = published("minew", minew_frame("ac233fc02f87", devices))
    assert not reasons(refused)
    assert len(reads_of(measured)) == sum(max(1, len(packets)) for _, packets in devices)
