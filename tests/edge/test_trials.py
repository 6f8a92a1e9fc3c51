"""What real devices send, after faults that users of other systems report: what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.batch import Refused
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.reads import Read
from edge.sensors import devicemessage
from edge.sensors.devicemessage import Measured
from edge.sensors.notation import instant_ns
from tests.support.vendors import driver, reads_of, reasons

TRIALS = Path(__file__).parent / "trials"
_NOW = instant_ns("2026-12-01T03:21:00Z")
assert _NOW is not None
NOW_NS = _NOW


def device(name: str) -> tuple[Sequence[Measured], Sequence[Refused]]:
    return devicemessage.read((TRIALS / "events" / name).read_bytes(), "button-1", NOW_NS)


def reader(kind: str, name: str, topic: str) -> tuple[Sequence[Measured], Sequence[Refused]]:
    payload = (TRIALS / "reads" / name).read_bytes()
    filters = ("home/+/BTtoMQTT/+", "vendor/+/tags")
    return driver(kind, topics=filters).published(payload, topic, NOW_NS)


@pytest.mark.parametrize(
    ("name", "said_ns", "numbered"),
    [
        pytest.param("sos_bom.json", None, False, id="a byte-order mark"),
        pytest.param("sos_nul.json", None, False, id="a NUL at the end"),
        pytest.param("sos_case.json", None, False, id="capitals"),
        pytest.param("sos_tns_text.json", 1796095900 * NS_PER_S, False, id="a time in quotes"),
        pytest.param("sos_clock_2036.json", 2085978496 * NS_PER_S, False, id="a clock of 2036"),
        pytest.param("sos_clock_2021.json", 1609459205 * NS_PER_S, False, id="a clock of 2021"),
        pytest.param("sos_numbered.json", None, True, id="numbered"),
    ],
)
def test_a_button_is_heard(name: str, said_ns: int | None, numbered: bool) -> None:
    measured, refused = device(name)
    assert not reasons(refused)
    ((block, was_numbered, timed),) = [(part.block, part.numbered, part.timed) for part in measured]
    assert isinstance(block, EventBlock)
    assert (block.event, was_numbered, timed) == ("sos", numbered, said_ns is not None)
    assert block.t0_ns == (said_ns or NOW_NS)


def test_a_belt_that_says_its_battery_in_percent_is_looked_at() -> None:
    measured, refused = device("imu_battery_percent.json")
    assert not reasons(refused)
    assert isinstance(measured[0].block, ImuBlock)
    assert (measured[0].block.count, measured[0].block.battery) == (4, 0.87)


EPC = "e28011606000020a6681f23f"
AT_NS = NOW_NS - 42 * NS_PER_S  # 03:20:18


@pytest.mark.parametrize(
    ("kind", "name", "topic", "expected", "said"),
    [
        pytest.param("theengs", "omg_offline.json", "home/OMG/BTtoMQTT/C3000025EF6A", [], "",
                     id="a tag that has gone is no sighting"),
        pytest.param("theengs", "omg_utctime.json", "home/OMG/BTtoMQTT/C3000025EF6A",
                     [("omg", Read(tag="c3:00:00:25:ef:6a", t_ns=1796068800 * NS_PER_S,
                                   rssi_dbm=-71))], "", id="a read of then"),
        pytest.param("minew", "minew_gateway_object.json", "vendor/gw/tags",
                     [("ac233fc00001", Read(tag="ac:23:3f:a0:18:e7", t_ns=AT_NS, rssi_dbm=-67)),
                      ("ac233fc00001", Read(tag="ac:23:3f:a0:18:e8", t_ns=AT_NS, rssi_dbm=-61))],
                     "", id="one object with a list"),
        pytest.param("impinj", "r700_events_wrapped.json", "vendor/dock/tags",
                     [("dock", Read(tag="300833b2ddd9014000000003", point="1",
                                    t_ns=NOW_NS - 59 * NS_PER_S, rssi_dbm=-53.25))],
                     "", id="events in a wrapper"),
        pytest.param("zebra", "zebra_batch_list.json", "vendor/dock/tags",
                     [("fx9600ee0001", Read(tag=EPC, point="1", rssi_dbm=-47,
                                            t_ns=NOW_NS - 27_877_000_000))],
                     "idHex", id="a list, one of it with a URI for an EPC"),
        pytest.param("speedway_connect", "speedway_lines_decimal_comma.txt", "vendor/dock/tags",
                     [("dock", Read(tag=EPC, point=point, rssi_dbm=-38, t_ns=1796094000123456000))
                      for point in "23"], "", id="a decimal comma"),
    ],
)  # fmt: skip
def test_a_reader_is_heard_or_refused_in_words(
    kind: str, name: str, topic: str, expected: list[tuple[str, Read]], said: str
) -> None:
    measured, refused = reader(kind, name, topic)
    assert reads_of(measured) == expected
    assert said in reasons(refused)
    assert bool(refused) == bool(said)


@pytest.mark.parametrize(
    "line",
    [pytest.param(b"3,E28011606000020A6681F23F,1796094000123456,-38,00\r\n", id="commas for both")],
)
def test_a_comma_that_cannot_be_told_from_another_is_named(line: bytes) -> None:
    measured, refused = driver("speedway_connect").published(line, "vendor/dock/tags", NOW_NS)
    assert not measured
    assert "decimal comma" in reasons(refused)
