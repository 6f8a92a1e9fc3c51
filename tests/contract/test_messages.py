"""What crosses a wire: read back as written, and refused with a reason when it is wrong."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contract.batch import explain, parse_block
from contract.imu import MAX_SAMPLES, ImuBlock
from contract.message import Message
from contract.reads import ReadsBlock
from floorwatch.schemas import MESSAGES
from tests.support.messages import DOOR, EXAMPLES, IMU, READS, TRACKS, encoded


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_written_is_read_back(name: str) -> None:
    message = MESSAGES[name].model_validate_json(encoded(EXAMPLES[name]))
    assert type(message).model_validate_json(message.model_dump_json()) == message


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_its_version(name: str) -> None:
    assert json.loads(encoded(EXAMPLES[name]))["message"] == f"{name}/1"


@pytest.mark.parametrize("name", MESSAGES)
def test_another_version_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="message"):
        MESSAGES[name].model_validate_json(encoded({**EXAMPLES[name], "message": f"{name}/2"}))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_field_of_a_newer_sender_is_kept_aside_and_named(name: str) -> None:
    message = MESSAGES[name].model_validate_json(encoded({**EXAMPLES[name], "humidity": 0.4}))
    assert isinstance(message, Message)
    assert Counter(message.unknown_fields()) == {"humidity": 1}


def test_unknown_fields_are_found_inside_others() -> None:
    tracks = {**TRACKS, "frames": [{"t_ns": 1, "tracks": [], "lens": "wide"}], "zoom": 2}
    assert sorted(parse_block(encoded(tracks)).unknown_fields()) == ["lens", "zoom"]


def test_messages_do_not_change() -> None:
    block = parse_block(encoded(IMU))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(block, "seq", 9)  # noqa: B010  # as an assignment the type checker refuses it


def _imu(**changes: Any) -> dict[str, Any]:
    block = {**IMU, **changes}
    return {name: value for name, value in block.items() if value is not ...}


def _read(**changes: Any) -> dict[str, Any]:
    return {**READS, "reads": [{"tag": "e28", "t_ns": 1, **changes}]}


def _door(**changes: Any) -> dict[str, Any]:
    return {
        **DOOR,
        "events": [{"door": "gate-1", "tag": "7", "granted": True, "t_ns": 1, **changes}],
    }


_REFUSED = [
    pytest.param(_imu(odr_hz=float("nan")), "odr_hz", id="nan-rate"),
    pytest.param(_imu(odr_hz=float("inf")), "odr_hz", id="infinite-rate"),
    pytest.param(_imu(odr_hz=0), "odr_hz", id="rate-zero"),
    pytest.param(_imu(odr_hz=-50), "odr_hz", id="rate-negative"),
    pytest.param(_imu(odr_hz=1e9), "odr_hz", id="rate-absurd"),
    pytest.param(_imu(odr_hz="fast"), "odr_hz", id="rate-a-word"),
    pytest.param(_imu(accel_i16="AAAA"), "accel_i16", id="half-a-sample"),
    pytest.param(_imu(accel_i16="AAAAAAAAAAA="), "not a multiple of 6", id="one-and-a-third"),
    pytest.param(_imu(accel_i16=""), "accel_i16", id="no-samples"),
    pytest.param(_imu(accel_i16="!!!!"), "base64", id="not-base64"),
    pytest.param(_imu(accel_i16=..., scale_g=...), "give the samples once", id="without-samples"),
    pytest.param(_imu(accel_g=[[0, 0, 1]]), "give the samples once", id="samples-twice"),
    pytest.param(_imu(scale_g=...), "needs scale_g", id="scale-missing"),
    pytest.param(_imu(scale_g=0), "scale_g", id="scale-zero"),
    pytest.param(_imu(accel_i16=..., scale_g=..., accel_g=[]), "accel_g", id="empty-list"),
    pytest.param(_imu(accel_i16=..., accel_g=[[0, 1]]), "accel_g", id="two-axes"),
    pytest.param(_imu(accel_i16=..., accel_g=[[0, 0, 1, 0]]), "accel_g", id="four-axes"),
    pytest.param(_imu(accel_i16=..., accel_g=[0, 0, 1]), "accel_g", id="flat-list"),
    pytest.param(_imu(accel_i16=..., accel_g=[[0, 0, float("nan")]]), "accel_g", id="nan-sample"),
    pytest.param(
        _imu(accel_i16="AAAAAAAA" * (MAX_SAMPLES + 1), odr_hz=1600), "at most 4096", id="too-many"
    ),
    pytest.param(_imu(accel_i16="AAAAAAAA" * 1_000_000), "1000000 samples", id="a-million"),
    pytest.param(_imu(accel_i16="AAAAAAAA" * 601, odr_hz=10), "60 s in one block", id="too-long"),
    pytest.param(_imu(device="Belt 01"), "device", id="device-with-a-space"),
    pytest.param(_imu(device="belt.01"), "device", id="device-with-a-dot"),
    pytest.param(_imu(device=""), "device", id="device-empty"),
    pytest.param(_imu(device=...), "device", id="device-missing"),
    pytest.param(_imu(seq=-1), "seq", id="seq-negative"),
    pytest.param(_imu(seq=2**53), "seq", id="seq-beyond-javascript"),
    pytest.param(_imu(seq=1.5), "seq", id="seq-and-a-half"),
    pytest.param(_imu(seq=...), "seq", id="seq-missing"),
    pytest.param(_imu(t0_ns=-1), "t0_ns", id="before-1970"),
    pytest.param(_imu(t0_ns=2**63), "t0_ns", id="beyond-int64"),
    pytest.param(_imu(battery=1.1), "battery", id="overcharged"),
    pytest.param(_imu(range_g=0), "range_g", id="no-range"),
    pytest.param({**READS, "reads": [{"tag": "a b", "t_ns": 1}]}, "tag", id="tag-with-a-blank"),
    pytest.param({**READS, "reads": [{"tag": "e28"}]}, "t_ns", id="read-without-time"),
    pytest.param({**READS, "reads": [{"tag": "e28", "t_ns": 1}] * 4097}, "reads", id="many-reads"),
    pytest.param(_read(position_m=[1.0]), "position_m", id="position-of-one-number"),
    pytest.param(_read(position_m=[0, float("nan")]), "position_m", id="position-nan"),
    pytest.param(_read(position_m=[0, 1e7]), "position_m", id="position-on-another-planet"),
    pytest.param(_read(position_error_m=-1), "position_error_m", id="better-than-exact"),
    pytest.param({**TRACKS, "frames": []}, "frames", id="no-frames"),
    pytest.param(_door(tag="Card 7"), "tag", id="credential-with-a-space"),
    pytest.param(_door(direction="through"), "direction", id="direction-unknown-word"),
    pytest.param(_door(granted=None), "granted", id="neither-granted-nor-denied"),
    pytest.param({**DOOR, "events": []}, "events", id="no-door-events"),
    pytest.param({**EXAMPLES["event"], "event": "help"}, "event", id="event-unknown"),
]


@pytest.mark.parametrize(("block", "said"), _REFUSED)
def test_a_wrong_block_is_refused_with_its_field(block: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        parse_block(encoded(block))
    assert said in explain(refusal.value)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(_imu(odr_hz=5), id="slowest"),
        pytest.param(_imu(odr_hz=1600, accel_i16="AAAAAAAA" * MAX_SAMPLES), id="most-samples"),
        pytest.param(_imu(odr_hz=10, accel_i16="AAAAAAAA" * 600), id="longest"),
        pytest.param(_imu(accel_i16=..., scale_g=..., accel_g=[[0, 0, 1]]), id="plain-list"),
        pytest.param(_imu(seq=2**53 - 1, boot=2**53 - 1), id="highest-counters"),
        pytest.param({**READS, "reads": []}, id="nobody-heard"),
        pytest.param(_read(position_m=[-1e6, 1e6], position_error_m=0), id="farthest-position"),
        pytest.param(_door(), id="a-door-that-tells-no-direction"),
    ],
)
def test_the_limits_themselves_are_good(block: dict[str, Any]) -> None:
    assert parse_block(encoded(block)).seq == block["seq"]


@pytest.mark.parametrize("text", ["+/+/+/+/", "-_-_-_-_"], ids=["standard", "url-safe"])
def test_both_base64_alphabets_are_read_and_the_standard_one_is_written(text: str) -> None:
    block = parse_block(encoded(_imu(accel_i16=text)))
    assert isinstance(block, ImuBlock)
    assert block.accel_i16 == b"\xfb\xff\xbf\xfb\xff\xbf"
    assert json.loads(block.model_dump_json())["accel_i16"] == "+/+/+/+/"


def test_samples_lie_one_period_apart_and_do_not_drift() -> None:
    block = ImuBlock.model_validate(_imu(accel_i16=bytes(6 * 300), odr_hz=29.97))
    assert block.t_ns(0) == block.t0_ns
    assert block.end_ns == block.t_ns(299)
    assert block.t_ns(299) - block.t0_ns == round(299 * 1e9 / 29.97)


def test_a_block_ends_with_its_latest_part() -> None:
    reads = [{"tag": "e28", "t_ns": t} for t in (30, 10, 20)]
    frames = [{"t_ns": t} for t in (5, 40, 12)]
    assert parse_block(encoded({**READS, "reads": reads})).end_ns == 30
    assert parse_block(encoded({**TRACKS, "frames": frames})).end_ns == 40
    assert parse_block(encoded({**READS, "reads": [], "t0_ns": 7})).end_ns == 7
    events = [{"door": "gate-1", "tag": "7", "granted": True, "t_ns": t} for t in (3, 50, 8)]
    assert parse_block(encoded({**DOOR, "events": events})).end_ns == 50


def test_what_an_older_sender_leaves_out_means_nothing_was_located() -> None:
    block = parse_block(encoded(_read()))
    assert isinstance(block, ReadsBlock)
    assert (block.reads[0].position_m, block.reads[0].position_error_m) == (None, None)
    assert "position_m" not in block.model_dump_json(exclude_none=True)


def test_every_message_of_the_contract_is_among_those_with_a_schema() -> None:
    def below(cls: type[BaseModel]) -> set[type[BaseModel]]:
        return {cls, *(deeper for sub in cls.__subclasses__() for deeper in below(sub))}

    named = {
        cls
        for cls in below(Message)
        if cls.__module__.startswith("contract.")
        and getattr(cls.model_fields.get("message"), "default", None) is not None
        and isinstance(cls.model_fields["message"].default, str)
    }
    assert named == set(MESSAGES.values())
