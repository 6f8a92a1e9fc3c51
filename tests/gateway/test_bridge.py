"""What the bridge makes of good input, and of every kind of bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.batch import MAX_BLOCKS
from contract.imu import MAX_SAMPLES
from contract.instants import ns
from contract.message import Block
from contract.tick import Tick
from detectors.catalogue import build
from detectors.outcome import Fault, Outcome
from detectors.pipeline import Pipeline
from detectors.seqwindow import Verdict
from gateway.bridge import LAST_NS, UNKNOWN, Bridge
from gateway.effects import PARTLY, Effects, Reason
from tests.support.site_of_two import (
    SETTLED_BLOCK,
    START_NS,
    batch,
    event,
    fall,
    imu,
    reads,
    site,
)

TOPIC = "floorwatch/1/dock-2/edge-1/batch"
NOW_NS = START_NS + ns(1)


@pytest.fixture
def bridge() -> Bridge:
    return new_bridge()


def new_bridge() -> Bridge:
    return Bridge(site(), Pipeline(site(), build(site())))


def as_dict(block: Block, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(block.model_dump_json(exclude_none=True))
    return {**told, **changes}


def raw_batch(*parts: Any, agent: str = "edge-1") -> bytes:
    whole = {"message": "batch/1", "agent": agent, "sent_ns": START_NS, "blocks": list(parts)}
    return json.dumps(whole).encode()


GOOD = imu(0)

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
    bridge: Bridge, topic: str, payload: bytes, reason: Reason, label: str, refused_seq: int | None
) -> None:
    effects = bridge.receive(topic, payload, NOW_NS)
    assert [(r.reason, r.label) for r in effects.rejects] == [(reason, label)]
    assert effects.rejects[0].detail
    assert not effects.records
    assert [r.identity.seq for r in effects.refused] == ([] if refused_seq is None else [0])
    assert len(bridge.receive(TOPIC, batch(imu(1)), NOW_NS).records) == 1


def test_a_refusal_names_the_device_and_suggests_what_was_meant(bridge: Bridge) -> None:
    effects = bridge.receive(TOPIC, batch(imu(device="belt-9")), NOW_NS)
    (reject,) = effects.rejects
    assert reject.device == "belt-9"
    assert reject.detail == 'there is no device "belt-9"; did you mean "belt-2"?'


def test_one_bad_block_does_not_take_the_others_with_it(bridge: Bridge) -> None:
    parts = [as_dict(imu(0)), as_dict(imu(1), odr_hz=0), "nonsense", as_dict(imu(2))]
    effects = bridge.receive(TOPIC, raw_batch(*parts), NOW_NS)
    assert [record.identity.seq for record in effects.records] == [0, 2]
    assert [refusal.identity.seq for refusal in effects.refused] == [1]
    assert len(effects.rejects) == 2


GOOD_INPUT = [
    pytest.param(TOPIC, batch(GOOD), False, id="a batch"),
    pytest.param(TOPIC, json.dumps(as_dict(GOOD)).encode(), False, id="a bare block"),
    pytest.param(
        "floorwatch/1/dock-2/edge-1/imu",
        json.dumps(as_dict(GOOD)).encode(),
        False,
        id="a bare block on its own stream",
    ),
    pytest.param(
        TOPIC,
        raw_batch(
            {
                "message": "imu/1",
                "device": "belt-1",
                "seq": 0,
                "t0_ns": START_NS,
                "odr_hz": 50,
                "accel_g": [[0, 1, 0], [0, 1, 0]],
            }
        ),
        False,
        id="samples as a plain list",
    ),
    pytest.param(TOPIC, batch(reads()), False, id="reads"),
    pytest.param(TOPIC, batch(event()), False, id="a press"),
    pytest.param(TOPIC, batch(imu(t0_ns=NOW_NS + ns(299))), False, id="a little in the future"),
    pytest.param(
        TOPIC, batch(imu(t0_ns=NOW_NS + ns(3600))), False, id="our own clock was set back an hour"
    ),
    pytest.param(
        TOPIC, batch(imu(t0_ns=NOW_NS + ns(86_400))), False, id="our own clock was set back a day"
    ),
    pytest.param(TOPIC, batch(imu(t0_ns=NOW_NS + ns(86_400 * 365))), False, id="… a year"),
    pytest.param(TOPIC, batch(imu(t0_ns=LAST_NS - ns(1))), False, id="… as far as can be"),
    pytest.param(TOPIC, batch(imu(t0_ns=NOW_NS - ns(59))), False, id="a minute old"),
    pytest.param(TOPIC, batch(imu(t0_ns=NOW_NS - ns(3600))), True, id="late, but taken"),
    pytest.param(TOPIC, batch(imu(t0_ns=0)), True, id="as late as can be written"),
]


@pytest.mark.parametrize(("topic", "payload", "late"), GOOD_INPUT)
def test_good_input_is_recorded(bridge: Bridge, topic: str, payload: bytes, late: bool) -> None:
    effects = bridge.receive(topic, payload, NOW_NS)
    assert [record.late for record in effects.records] == [late]
    assert effects.late == late
    assert not effects.rejects
    assert not effects.known


def test_unknown_fields_are_counted_and_kept(bridge: Bridge) -> None:
    payload = raw_batch(as_dict(imu(0), colour="red"), as_dict(imu(1), colour="blue"))
    effects = bridge.receive(TOPIC, payload, NOW_NS)
    assert effects.unknown_fields == {"colour": 2}
    assert b'"colour":"red"' in effects.records[0].payload


def test_a_fall_is_found_in_the_block_that_settles_it(bridge: Bridge) -> None:
    found = [
        (seq, detection.kind, detection.person)
        for seq, block in enumerate(fall())
        for detection in bridge.receive(TOPIC, batch(block), block.end_ns).detections
        if detection.phase == "onset"
    ]
    assert found == [(SETTLED_BLOCK, "fall", "n-falk")]


def test_a_gateway_that_starts_in_1970_finds_the_fall_and_says_that_clocks_disagree(
    bridge: Bridge,
) -> None:
    found = [bridge.receive(TOPIC, batch(block), seq) for seq, block in enumerate(fall())]
    told = [each for effects in found for each in effects.detections]
    assert (told[0].kind, told[0].phase, told[0].heard_ns) == ("fall", "onset", SETTLED_BLOCK)
    assert not any(effects.rejects for effects in found)
    assert found[0].ahead == {"edge-1": next(fall()).end_ns}


def test_a_copy_of_what_is_durable_is_acknowledged_again_and_not_looked_at(bridge: Bridge) -> None:
    first = bridge.receive(TOPIC, batch(event()), NOW_NS)
    assert [detection.kind for detection in first.detections] == ["sos"]
    bridge.durable(record.identity for record in first.records)
    again = bridge.receive(TOPIC, batch(event()), NOW_NS)
    assert again.known == [first.records[0].identity]
    assert again.duplicates == 1
    assert not again.records
    assert not again.detections


def test_a_copy_of_what_is_not_durable_is_recorded_and_finds_nothing_twice(bridge: Bridge) -> None:
    bridge.receive(TOPIC, batch(event()), NOW_NS)
    again = bridge.receive(TOPIC, batch(event()), NOW_NS)
    assert len(again.records) == 1
    assert again.duplicates == 1
    assert not again.known
    assert not again.detections


def test_numbers_out_of_order_are_no_copies(bridge: Bridge) -> None:
    for seq in (5, 3, 4, 0):
        effects = bridge.receive(TOPIC, batch(imu(seq)), NOW_NS)
        assert [record.identity.seq for record in effects.records] == [seq]
        bridge.durable(record.identity for record in effects.records)
    assert bridge.receive(TOPIC, batch(imu(3)), NOW_NS).duplicates == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(imu(0, boot=2), id="after a restart"),
        pytest.param(event(0), id="of another kind"),
    ],
)
def test_the_same_number_is_another_block(bridge: Bridge, other: Block) -> None:
    bridge.durable(r.identity for r in bridge.receive(TOPIC, batch(imu(0)), NOW_NS).records)
    assert len(bridge.receive(TOPIC, batch(other), NOW_NS).records) == 1


class Chokes:
    """A pipeline with a detector that fails on every block whose number is 13."""

    def __init__(self, how: Callable[[], Outcome]) -> None:
        self._how = how

    def feed(self, block: Block, **how: object) -> Outcome:
        return self._how() if block.seq == 13 else Outcome(Verdict.NEW)

    def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
        return self._how()


def _raises() -> Outcome:
    raise ZeroDivisionError("no samples")


CHOKES = [
    pytest.param(_raises, id="an exception"),
    pytest.param(lambda: Outcome(Verdict.NEW, (), (Fault("fall", "belt-1", "why"),)), id="a fault"),
]


@pytest.mark.parametrize("how", CHOKES)
def test_poison_is_set_aside_recorded_and_the_stream_goes_on(how: Callable[[], Outcome]) -> None:
    bridge = Bridge(site(), Chokes(how))
    effects = bridge.receive(TOPIC, batch(imu(12), imu(13), imu(14)), NOW_NS)
    assert [record.identity.seq for record in effects.records] == [12, 13, 14]
    (aside,) = effects.set_aside
    assert aside.device == "belt-1"
    assert aside.payload == effects.records[1].payload
    assert effects.faults == 1


@pytest.mark.parametrize("how", CHOKES)
def test_a_detector_that_fails_on_a_tick_is_told(how: Callable[[], Outcome]) -> None:
    assert Bridge(site(), Chokes(how)).tick(NOW_NS).faults == 1


@pytest.mark.parametrize(
    "ahead_s",
    [pytest.param(240, id="a clock 4 min fast"), pytest.param(-20, id="a clock 20 s slow")],
)
def test_a_press_is_told_with_the_time_when_it_was_heard(bridge: Bridge, ahead_s: float) -> None:
    press = event(0).model_copy(update={"t0_ns": NOW_NS + ns(ahead_s)})
    (told,) = bridge.receive(TOPIC, batch(press), NOW_NS).detections
    assert told.heard_ns == NOW_NS
    assert told.happened_ns == NOW_NS + ns(min(0, ahead_s))
    assert told.id == new_bridge().receive(TOPIC, batch(press), NOW_NS + 1).detections[0].id


def test_time_over_the_wire_reaches_the_pipeline_of_a_replay() -> None:
    seen: list[tuple[int, int | None]] = []

    class Watches(Chokes):
        def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
            seen.append((at_ns, heard_ns))
            return Outcome(Verdict.NEW)

    bridge = Bridge(site(), Watches(_raises), wire_ticks=True)
    topic = "floorwatch/1/dock-2/edge-1/tick"
    bridge.receive(topic, Tick(at_ns=NOW_NS).model_dump_json().encode(), 7)
    bad = bridge.receive(topic, b'{"at_ns": "soon"}', 0)
    assert seen == [(NOW_NS, 7)]
    assert [reject.reason for reject in bad.rejects] == [Reason.INVALID]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
SPOILT = st.tuples(st.sampled_from(sorted(as_dict(GOOD))), ANYTHING)


@given(st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
@pytest.mark.slow
def test_nothing_that_is_sent_makes_it_raise(payload: bytes) -> None:
    assert isinstance(new_bridge().receive(TOPIC, payload, NOW_NS), Effects)


@given(st.lists(SPOILT, min_size=1, max_size=3))
@pytest.mark.slow
def test_a_spoilt_block_is_taken_or_refused_and_never_both_or_neither(
    changes: list[tuple[str, Any]],
) -> None:
    payload = raw_batch(as_dict(GOOD, **dict(changes)))
    effects = new_bridge().receive(TOPIC, payload, NOW_NS)
    lost = [reject for reject in effects.rejects if reject.reason not in PARTLY]
    assert len(effects.records) + len(lost) == 1


def test_a_device_that_restarts_all_the_time_does_not_fill_the_memory(bridge: Bridge) -> None:
    for boot in range(1000):
        effects = bridge.receive(TOPIC, batch(imu(0, boot=boot)), NOW_NS)
        bridge.durable(record.identity for record in effects.records)
    assert bridge.receive(TOPIC, batch(imu(0, boot=999)), NOW_NS).duplicates == 1
    assert sum(len(boots) for boots in bridge._windows.values()) <= 8
