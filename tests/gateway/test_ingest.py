"""What the ingest makes of good input, and of detectors that fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.instants import ns
from contract.message import Block
from contract.tick import Tick
from detectors.outcome import Fault, Outcome
from detectors.seqwindow import Verdict
from gateway.effects import Effects, Reason
from gateway.ingest import LAST_NS, Ingest
from tests.support.ingested import GOOD, NOW_NS, TOPIC, as_dict, new_ingest, raw_batch
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
def test_good_input_is_recorded(ingest: Ingest, topic: str, payload: bytes, late: bool) -> None:
    effects = ingest.receive(topic, payload, NOW_NS)
    assert [record.late for record in effects.records] == [late]
    assert effects.late == late
    assert not effects.rejects
    assert not effects.known


def test_unknown_fields_are_counted_and_kept(ingest: Ingest) -> None:
    payload = raw_batch(as_dict(imu(0), colour="red"), as_dict(imu(1), colour="blue"))
    effects = ingest.receive(TOPIC, payload, NOW_NS)
    assert effects.unknown_fields == {"colour": 2}
    assert b'"colour":"red"' in effects.records[0].payload


def test_a_fall_is_found_in_the_block_that_settles_it(ingest: Ingest) -> None:
    found = [
        (seq, detection.kind, detection.person)
        for seq, block in enumerate(fall())
        for detection in ingest.receive(TOPIC, batch(block), block.end_ns).detections
        if detection.phase == "onset"
    ]
    assert found == [(SETTLED_BLOCK, "fall", "n-falk")]


def test_a_gateway_that_starts_in_1970_finds_the_fall_and_says_that_clocks_disagree(
    ingest: Ingest,
) -> None:
    found = [ingest.receive(TOPIC, batch(block), seq) for seq, block in enumerate(fall())]
    told = [each for effects in found for each in effects.detections]
    assert (told[0].kind, told[0].phase, told[0].heard_ns) == ("fall", "onset", SETTLED_BLOCK)
    assert not any(effects.rejects for effects in found)
    assert found[0].ahead == {"edge-1": next(fall()).end_ns}


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
    ingest = Ingest(site(), Chokes(how))
    effects = ingest.receive(TOPIC, batch(imu(12), imu(13), imu(14)), NOW_NS)
    assert [record.identity.seq for record in effects.records] == [12, 13, 14]
    (aside,) = effects.set_aside
    assert aside.device == "belt-1"
    assert aside.payload == effects.records[1].payload
    assert effects.faults == 1


@pytest.mark.parametrize("how", CHOKES)
def test_a_detector_that_fails_on_a_tick_is_told(how: Callable[[], Outcome]) -> None:
    assert Ingest(site(), Chokes(how)).tick(NOW_NS).faults == 1


@pytest.mark.parametrize(
    "ahead_s",
    [pytest.param(240, id="a clock 4 min fast"), pytest.param(-20, id="a clock 20 s slow")],
)
def test_a_press_is_told_with_the_time_when_it_was_heard(ingest: Ingest, ahead_s: float) -> None:
    press = event(0).model_copy(update={"t0_ns": NOW_NS + ns(ahead_s)})
    (told,) = ingest.receive(TOPIC, batch(press), NOW_NS).detections
    assert told.heard_ns == NOW_NS
    assert told.happened_ns == NOW_NS + ns(min(0, ahead_s))
    assert told.id == new_ingest().receive(TOPIC, batch(press), NOW_NS + 1).detections[0].id


def test_time_over_the_wire_reaches_the_pipeline_of_a_replay() -> None:
    seen: list[tuple[int, int | None]] = []

    class Watches(Chokes):
        def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
            seen.append((at_ns, heard_ns))
            return Outcome(Verdict.NEW)

    ingest = Ingest(site(), Watches(_raises), wire_ticks=True)
    topic = "floorwatch/1/dock-2/edge-1/tick"
    ingest.receive(topic, Tick(at_ns=NOW_NS).model_dump_json().encode(), 7)
    bad = ingest.receive(topic, b'{"at_ns": "soon"}', 0)
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
    assert isinstance(new_ingest().receive(TOPIC, payload, NOW_NS), Effects)


@given(st.lists(SPOILT, min_size=1, max_size=3))
@pytest.mark.slow
def test_a_spoilt_block_is_taken_or_refused_and_never_both_or_neither(
    changes: list[tuple[str, Any]],
) -> None:
    payload = raw_batch(as_dict(GOOD, **dict(changes)))
    effects = new_ingest().receive(TOPIC, payload, NOW_NS)
    assert len(effects.records) + len(effects.rejects) == 1


def test_a_device_that_restarts_all_the_time_does_not_fill_the_memory(ingest: Ingest) -> None:
    for boot in range(1000):
        effects = ingest.receive(TOPIC, batch(imu(0, boot=boot)), NOW_NS)
        ingest.durable(record.identity for record in effects.records)
    assert ingest.receive(TOPIC, batch(imu(0, boot=999)), NOW_NS).duplicates == 1
    assert sum(len(boots) for boots in ingest._windows.values()) <= 8
