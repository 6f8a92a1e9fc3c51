"""What a device may publish, and what is made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.reads import ReadsBlock
from edge.sensors.devicemessage import read
from tests.edge.samples import T0_NS
from tests.support.messages import EXAMPLES, IMU

REST = {"odr_hz": 50, "x": [0.0] * 5, "y": [0.0] * 5, "z": [1.0] * 5}


def published(message: object) -> bytes:
    return message if isinstance(message, bytes) else json.dumps(message).encode()


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in REST.items() if name != key}


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(REST, id="by axis"),
        pytest.param({"odr_hz": 50, "accel": [[0, 0, 1]] * 5}, id="by sample"),
        pytest.param({**REST, "device": "belt-01"}, id="with its own name"),
        pytest.param({**REST, "t_ns": None}, id="a clock that it lacks"),
        pytest.param({**REST, "t_ns": 12_345}, id="a clock that counts from its start"),
        pytest.param({**REST, "temperature": 36.6}, id="with more than we know"),
    ],
)
def test_plain_samples_without_a_time_end_just_now(plain: dict[str, Any]) -> None:
    (found,), refused = read(published(plain), "belt-01", T0_NS)
    assert not refused
    assert isinstance(found.block, ImuBlock)
    assert not found.numbered
    assert (found.block.device, found.block.count, found.block.end_ns) == ("belt-01", 5, T0_NS)
    assert found.block.accel_g is not None
    assert found.block.accel_g[0] == (0, 0, 1)


def test_what_a_plain_device_says_of_itself_is_kept() -> None:
    plain = {**REST, "t_ns": T0_NS, "seq": 4, "boot": 2, "battery": 0.5, "worn": True, "range_g": 8}
    (found,), _ = read(published(plain), None if "device" in plain else "belt-01", 0)
    block = found.block
    assert isinstance(block, ImuBlock)
    assert found.numbered
    assert (block.t0_ns, block.seq, block.boot) == (T0_NS, 4, 2)
    assert (block.battery, block.worn, block.range_g) == (0.5, True, 8)


def test_a_plain_press_and_plain_reads() -> None:
    (press,), _ = read(b'{"event": "sos"}', "button-1", T0_NS)
    assert press.block == EventBlock(device="button-1", seq=0, t0_ns=T0_NS, event="sos")
    plain = {"reads": [{"tag": "E2801160", "point": "2", "rssi_dbm": -61}]}
    (reads,), _ = read(published(plain), "reader-1", T0_NS)
    assert isinstance(reads.block, ReadsBlock)
    assert reads.block.reads[0].tag == "e2801160"
    assert reads.block.reads[0].t_ns == T0_NS


@pytest.mark.parametrize("name", ["imu", "reads", "tracks", "event"])
def test_our_own_messages_pass_as_they_are(name: str) -> None:
    example = EXAMPLES[name]
    (found,), refused = read(published(example), example["device"], 0)
    assert not refused
    assert found.numbered
    assert (found.block.message, found.block.seq) == (example["message"], example["seq"])


def test_good_blocks_of_a_batch_are_kept_and_the_others_refused() -> None:
    bad = {**IMU, "odr_hz": 1e6}
    batch = {**EXAMPLES["batch"], "blocks": [IMU, bad, EXAMPLES["event"], EXAMPLES["reads"]]}
    found, refused = read(published(batch), "belt-01", 0)
    assert [part.block.message for part in found] == ["imu/1", "event/1"]
    assert [refusal.device for refusal in refused] == ["belt-01", "belt-01"]


BAD = [
    pytest.param(b"", "not JSON", id="nothing"),
    pytest.param(b"\x00\xff\xfe", "not JSON", id="bytes"),
    pytest.param(b'{"x": [1', "not JSON", id="cut off"),
    pytest.param(b"[" * 100_000, "not JSON", id="nested without end"),
    pytest.param(b"[1, 2]", "a JSON object is wanted", id="a list"),
    pytest.param(b"null", "a JSON object is wanted", id="null"),
    pytest.param(b'{"a": "' + b"x" * 10_000_000 + b'"}', "at most 1000000", id="10 MB"),
    pytest.param({}, "no samples", id="empty object"),
    pytest.param({**REST, "x": []}, "as many", id="axes of unlike length"),
    pytest.param({**REST, "x": [], "y": [], "z": []}, "no samples", id="zero samples"),
    pytest.param({"odr_hz": 50, "accel": []}, "no samples", id="zero triples"),
    pytest.param(
        {"odr_hz": 50, "accel": [[0, 0, 1]] * 10_000}, "at most 4096", id="too many samples"
    ),
    pytest.param({"odr_hz": 50, "accel": [[0, 1]]}, "not three numbers", id="pairs"),
    pytest.param({"odr_hz": 50, "accel": "AAAA"}, "no list", id="text for samples"),
    pytest.param({**REST, "z": 1}, "lists of numbers", id="a number for an axis"),
    pytest.param({**REST, "z": ["1"] * 5}, "a number is wanted", id="text for a number"),
    pytest.param({**REST, "z": [True] * 5}, "a number is wanted", id="truth for a number"),
    pytest.param({**REST, "z": [float("nan")] * 5}, "no measurement", id="NaN"),
    pytest.param({**REST, "z": [float("inf")] * 5}, "no measurement", id="infinity"),
    pytest.param(b'{"odr_hz":50,"accel":[[0,0,1e999]]}', "sample 0", id="beyond any float"),
    pytest.param({**REST, "z": [16384.0] * 5}, "wanted in g", id="raw counts"),
    pytest.param(without("odr_hz"), "odr_hz", id="no rate"),
    pytest.param({**REST, "odr_hz": 0}, "odr_hz", id="rate 0"),
    pytest.param({**REST, "odr_hz": 1e9}, "odr_hz", id="absurd rate"),
    pytest.param({**REST, "odr_hz": "fast"}, "odr_hz", id="no number for a rate"),
    pytest.param({**REST, "device": "belt-02"}, '"belt-02"', id="speaks for another device"),
    pytest.param({"event": "help"}, "event", id="unknown press"),
    pytest.param({"reads": "E280"}, "list of objects", id="reads as text"),
    pytest.param({**IMU, "message": "imu/9"}, "unknown message", id="unknown version"),
    pytest.param({**IMU, "odr_hz": 1e6}, "odr_hz", id="absurd rate in imu/1"),
    pytest.param({**IMU, "accel_i16": ""}, "accel_i16", id="zero samples in imu/1"),
    pytest.param({**IMU, "accel_i16": "AAAA"}, "accel_i16", id="half a sample in imu/1"),
    pytest.param({**IMU, "device": "belt-02"}, '"belt-02"', id="imu/1 of another device"),
    pytest.param({**IMU, "device": "Belt 1"}, "device", id="a name that brokers trip over"),
]


@pytest.mark.parametrize(("payload", "reason"), BAD)
def test_bad_input_is_refused_with_device_and_reason(payload: object, reason: str) -> None:
    found, refused = read(published(payload), "belt-01", T0_NS)
    assert not found
    (refusal,) = refused
    assert reason in refusal.reason
    assert refusal.device is not None


def test_without_a_device_in_the_topic_the_payload_must_say() -> None:
    assert read(published(REST), None, 0)[1][0].reason.startswith("which device?")
    (found,), _ = read(published({**REST, "device": "belt-05"}), None, T0_NS)
    assert found.block.device == "belt-05"


CALLS = [
    pytest.param(b'\xef\xbb\xbf{"event":"sos"}', id="a byte-order mark"),
    pytest.param('{"event":"sos"}'.encode("utf-16"), id="UTF-16"),
    pytest.param('{"event":"sos"}'.encode("utf-16-le"), id="UTF-16 without a mark"),
    pytest.param(b'{"event":"sos"}\x00', id="a NUL at the end"),
    pytest.param(b'\x00\x00{"event":"sos"}\r\n\x00\x1a', id="NULs at both ends"),
    pytest.param({"Event": "SOS"}, id="capitals"),
    pytest.param({"event": " Sos "}, id="blanks"),
    pytest.param([{"event": "sos"}], id="in a list"),
    pytest.param({"events": [{"event": "sos"}], "battery": 3}, id="in a wrapper"),
    pytest.param({"event": "sos", "t_ns": str(T0_NS)}, id="a time in quotes"),
    pytest.param({"event": "sos", "t_ns": float(T0_NS)}, id="a time as a float"),
    pytest.param({"event": "sos", "t_ns": "yesterday"}, id="a time that is none"),
    pytest.param({"event": "sos", "t_ns": []}, id="a list for a time"),
    pytest.param({"event": "sos", "t_ns": 10**30}, id="a time beyond 64 bits"),
    pytest.param({"event": "sos", "t_ns": -1}, id="a time before 1970"),
    pytest.param({"event": "sos", "detail": "x" * 5000}, id="too much detail"),
    pytest.param({"event": "sos", "detail": {"bat": 3}}, id="an object for a detail"),
    pytest.param({"event": "sos", "detail": None}, id="no detail"),
    pytest.param(b'{"event":"sos","detail":"Hj\xe4lp"}', id="a letter of another code page"),
    pytest.param(b'{"event":"sos","detail":"a\nb"}', id="a raw line end in a text"),
    pytest.param(b'{"event":"sos","battery":NaN}', id="NaN beside it"),
    pytest.param({"event": "sos", "seq": "five"}, id="a number that is none"),
    pytest.param({"event": "sos", "seq": -1, "boot": []}, id="a count below zero"),
    pytest.param({"event": "sos", "device": 4711}, id="a serial number for a device"),
    pytest.param(b'{"event":"sos","bat', id="torn"),
    pytest.param(b"SOS", id="a bare word"),
    pytest.param(b'"sos"', id="a word in quotes"),
    pytest.param(b"event=sos;bat=3.1", id="no JSON at all"),
    pytest.param({**EXAMPLES["event"], "event": "SOS", "detail": 7}, id="our own, with a flaw"),
]


@pytest.mark.parametrize("message", CALLS)
def test_a_call_for_help_is_never_lost_for_what_is_beside_it(message: object) -> None:
    device = message["device"] if isinstance(message, dict) and "message" in message else "belt-01"
    found, _ = read(published(message), str(device), T0_NS)
    (call,) = found
    assert isinstance(call.block, EventBlock)
    assert call.block.event == "sos"


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        pytest.param({"battery": 2}, "battery", id="neither a share nor a percentage"),
        pytest.param({"battery": "full"}, "battery", id="a word for a charge"),
        pytest.param({"worn": "perhaps"}, "worn", id="neither yes nor no"),
        pytest.param({"range_g": 0}, "range_g", id="no range"),
        pytest.param({"t_ns": 10**30}, "t_ns", id="time beyond 64 bits"),
        pytest.param({"t_ns": -1}, "t_ns", id="time before 1970"),
        pytest.param({"seq": -1}, "seq", id="negative count"),
        pytest.param({"boot": "b"}, "boot", id="a word for a count"),
        pytest.param({"device": 7}, "device", id="a number for a name"),
    ],
)
def test_a_field_that_cannot_be_read_is_left_out_and_said(
    beside: dict[str, Any], said: str
) -> None:
    found, refused = read(published({**REST, **beside}), "belt-01", T0_NS)
    assert isinstance(found[0].block, ImuBlock)
    assert found[0].block.count == 5
    ((reason, partly),) = [(refusal.reason, refusal.partly) for refusal in refused]
    assert reason.startswith(f"{said} is left out")
    assert partly


@pytest.mark.parametrize(
    ("said", "share"),
    [(0.5, 0.5), (1, 1.0), (87, 0.87), ("64%", 0.64), (100, 1.0), (3.1, None)],
)
def test_a_charge_in_percent_is_understood(said: object, share: float | None) -> None:
    found, _ = read(published({**REST, "battery": said}), "belt-01", T0_NS)
    assert isinstance(found[0].block, ImuBlock)
    assert found[0].block.battery == share


def test_one_read_that_cannot_be_read_does_not_take_the_others() -> None:
    reads = [{"tag": "no tag!"}, {"tag": "E280"}, {"tag": "E281", "rssi_dbm": "loud"}]
    found, refused = read(published({"reads": reads}), "reader-1", T0_NS)
    assert isinstance(found[0].block, ReadsBlock)
    assert [each.tag for each in found[0].block.reads] == ["e280", "e281"]
    assert [refusal.partly for refusal in refused] == [True, True]


@given(st.binary(max_size=200))
def test_no_bytes_raise(payload: bytes) -> None:
    found, refused = read(payload, "belt-01", T0_NS)
    assert found or refused


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)
keys = ["message", "device", "t_ns", "odr_hz", "x", "y", "z", "accel", "event", "reads", "seq"]


@given(st.dictionaries(st.sampled_from(keys), json_values | st.just("imu/1"), max_size=6))
def test_no_object_raises(message: dict[str, Any]) -> None:
    found, refused = read(published(message), "belt-01", T0_NS)
    assert found or refused


@given(st.integers(1, 200), st.floats(5, 1600))
def test_samples_end_at_their_arrival_whatever_the_rate(count: int, odr_hz: float) -> None:
    plain = {"odr_hz": odr_hz, "accel": [[0, 0, 1]] * count}
    found, refused = read(published(plain), "belt-01", T0_NS)
    if count / odr_hz > 60:
        assert refused
    else:
        assert abs(found[0].block.end_ns - T0_NS) < NS_PER_S / 1e6
