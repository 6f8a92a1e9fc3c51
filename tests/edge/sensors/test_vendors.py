"""What each vendor's driver makes of what it may get: beside the recordings, and beyond them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.instants import NS_PER_S
from contract.reads import Read
from tests.support.vendors import (
    doors_of,
    driver,
    minew_frame,
    reads_of,
    reasons,
)

NOW_NS = 1_780_000_000 * NS_PER_S
TOPIC = "vendor/gate-1/tags"
EPC = "e28011606000020a"


def published(kind: str, payload: object, topic: str = TOPIC, **settings: Any) -> tuple[Any, Any]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return driver(kind, **settings).published(raw, topic, NOW_NS)


def impinj(**tag: Any) -> dict[str, Any]:
    return {"eventType": "tagInventory", "hostname": "north", "tagInventoryEvent": tag}


def zebra(**data: Any) -> dict[str, Any]:
    return {"type": "SIMPLE", "data": {"idHex": EPC.upper(), "antenna": 2, **data}}


def sled(*tags: Any) -> dict[str, Any]:
    return {"type": "INVENTORY", "data": {"tagData": list(tags)}}


FORM = (
    b"reader_name=%22dock-7%22&mac_address=00%3A16%3A25%3A10%3AEF%3A18&line_ending=%0A"
    b"&field_delim=%2C&field_names=antenna_port%2Cepc%2Cfirst_seen_timestamp%2Cpeak_rssi"
    b"&field_values=1%2C%22E28011606000020A%22%2C1779999999000000%2C-61%0A"
    b"3%2C%22E28011606000020B%22%2C1779999999100000%2C-58.5%0A"
)

GOOD = [
    pytest.param("impinj", impinj(epcHex=EPC.upper(), epc="AAAA"), [("north", Read(
        tag=EPC, t_ns=NOW_NS))], id="impinj: hex goes before base64"),
    pytest.param("impinj", impinj(epc="_-8="), [("north", Read(tag="ffef", t_ns=NOW_NS))],
                 id="impinj: base64url"),
    pytest.param("impinj", {"tagInventoryEvent": {"epc": EPC}}, [("gate-1", Read(
        tag=EPC, t_ns=NOW_NS))], id="impinj: no eventType, hex as epc"),
    pytest.param("impinj", b'{"eventType": "gpiTransition"}\n' + json.dumps(impinj(
        epcHex=EPC, peakRssiCdbm=127_00)).encode() + b"\n\n", [("north", Read(
            tag=EPC, t_ns=NOW_NS))], id="impinj: lines, and a level that is none"),
    pytest.param("zebra", json.dumps(zebra()).encode() * 2, [("gate-1", Read(
        tag=EPC, point="2", t_ns=NOW_NS))] * 2, id="zebra: run together"),
    pytest.param("zebra", sled({"EPC": EPC}, {"EPCid": EPC, "peakRssi": -40}), [
        ("gate-1", Read(tag=EPC, t_ns=NOW_NS)),
        ("gate-1", Read(tag=EPC, t_ns=NOW_NS, rssi_dbm=-40))], id="zebra: a list"),
    pytest.param("zebra", {"eventType": "heartbeat", "data": {"radio": "on"}}, [],
                 id="zebra: a heartbeat"),
    pytest.param("speedway_connect", FORM, [
        ("dock-7", Read(tag=EPC, point="1", t_ns=NOW_NS - NS_PER_S, rssi_dbm=-61)),
        ("dock-7", Read(tag=EPC[:-1] + "b", point="3", t_ns=NOW_NS - 9 * NS_PER_S // 10,
                        rssi_dbm=-58.5))], id="speedway: a form"),
    pytest.param("speedway_connect", b'7,"E28011606000020A",1779999999000000,-51\r\n', [
        ("gate-1", Read(tag=EPC, point="7", t_ns=NOW_NS - NS_PER_S, rssi_dbm=-51))],
        id="speedway: a line of values"),
    pytest.param("speedway_connect", {"isHeartBeat": True, "epc": ""}, [],
                 id="speedway: a heartbeat"),
    pytest.param("rf_controls", [{"tagID": EPC, "x": None, "antennaNames": []}], [
        ("gate-1", Read(tag=EPC, t_ns=NOW_NS))], id="rf controls: not located"),
    pytest.param("minew", [{"gateway": "ac233fc03641"}, {"mac": "C3000025EF6A", "rssi": -70}], [
        ("ac233fc03641", Read(tag="c3:00:00:25:ef:6a", t_ns=NOW_NS, rssi_dbm=-70))],
        id="minew: JSON-RAW"),
    pytest.param("minew", minew_frame("ac233fc02f87", [
        ("c3000025ef6a", [(b"\x02\x01\x06", -49), (b"", -46)]), ("c3000025ef6b", [])]), [
            ("ac233fc02f87", Read(tag="c3:00:00:25:ef:6a", t_ns=NOW_NS, rssi_dbm=-49)),
            ("ac233fc02f87", Read(tag="c3:00:00:25:ef:6a", t_ns=NOW_NS, rssi_dbm=-46)),
            ("ac233fc02f87", Read(tag="c3:00:00:25:ef:6b", t_ns=NOW_NS))],
        id="minew: a binary frame"),
    pytest.param("theengs", {"id": "C3:00:00:25:EF:6A", "name": "tag", "rssi": -55,
                             "distance": 0.49}, [
        ("gate-1", Read(tag="c3:00:00:25:ef:6a", t_ns=NOW_NS, rssi_dbm=-55))], id="theengs"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "payload", "expected"), GOOD)
def test_what_is_good_is_read(kind: str, payload: object, expected: list[Any]) -> None:
    measured, refused = published(kind, payload)
    assert not reasons(refused)
    assert reads_of(measured) == expected


BAD = [
    pytest.param("impinj", impinj(antennaPort=3), "switch epcHex on", 0, id="impinj: no EPC"),
    pytest.param("impinj", {"eventType": "overflow", "hostname": "north"}, "reads are lost", 0,
                 id="impinj: an overflow"),
    pytest.param("impinj", [impinj(epc="!"), impinj(epcHex=EPC)], "EPC", 1,
                 id="impinj: one bad, one good"),
    pytest.param("impinj", b"garbage\n" + json.dumps(impinj(epcHex=EPC)).encode(), "not JSON", 1,
                 id="impinj: a torn line before a good one"),
    pytest.param("zebra", {"type": "SIMPLE"}, "data: an object", 0, id="zebra: no data"),
    pytest.param("zebra", zebra(idHex=7), "text is wanted", 0, id="zebra: a number for an EPC"),
    pytest.param("zebra", sled({}, {"EPC": EPC}), "required", 1, id="zebra: one of two tags"),
    pytest.param("zebra", {"data": {"tagData": 7}}, "a list is wanted", 0, id="zebra: tags a 7"),
    pytest.param("speedway_connect", b"1,2\n1,E280,0,-50\n", "a line of 2 values", 1,
                 id="speedway: too few values"),
    pytest.param("speedway_connect", b"field_names=epc&reader_name=x", "without field_names", 0,
                 id="speedway: half a form"),
    pytest.param("speedway_connect", FORM.replace(b"delim=%2C", b"delim=%2C%2C"), "told apart", 0,
                 id="speedway: a delimiter of two"),
    pytest.param("rf_controls", [{"tagID": "?"}], "not an EPC", 0, id="rf controls: no tag"),
    pytest.param("minew", [{"mac": "C3"}, {"mac": "C3000025EF6A"}], "MAC", 1,
                 id="minew: a bad MAC"),
    pytest.param("minew", b"\xbb\x02" + bytes(30), "MINEW-CONNECT", 0, id="minew: another frame"),
    pytest.param("minew", minew_frame("ac233fc02f87", [("c3000025ef6a", [(b"", -49)])])[:-2],
                 "cut off", 0, id="minew: a frame cut off"),
    pytest.param("meshtech", {"rssi": -50}, "MAC", 0, id="meshtech: no tag in the topic"),
    pytest.param("theengs", {"rssi": -50}, "required", 0, id="theengs: no id"),
    pytest.param("theengs", 7, "a JSON object is wanted, not int", 0, id="theengs: a number"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "payload", "said", "read"), BAD)
def test_what_is_bad_is_refused_and_the_rest_is_read(
    kind: str, payload: object, said: str, read: int
) -> None:
    measured, refused = published(kind, payload)
    assert said in reasons(refused)
    assert len(reads_of(measured)) == read


def test_a_plan_that_lies_otherwise_is_laid_on_ours() -> None:
    blink = {"tagID": EPC, "x": 10, "y": 0}
    measured, _ = published(
        "rf_controls", blink, unit_m=0.5, turned_deg=90, origin_m=(100, 50), error_m=0.6
    )
    ((_, read),) = reads_of(measured)
    assert read.position_m == pytest.approx((100, 55))
    assert read.position_error_m == 0.6


SYSTEM: dict[str, Any] = {
    "where": {"door": "door.name", "credential": "card.number", "result": "event.type",
              "direction": "reader", "time": "at"},
    "granted": ["Access Granted"], "denied": ["Access Denied", "Door Forced"],
    "inward": ["Outside reader"], "outward": ["Inside reader"],
    "doors": {"Robot cell (east)": "robot-cell-gate"}, "reader": "access-1",
}  # fmt: skip


def passage(**changes: Any) -> dict[str, Any]:
    return {
        "door": {"name": "Robot cell (east)"}, "card": {"number": 4512337},
        "event": {"type": "access granted"}, "reader": "Outside reader",
        "at": "2026-05-28T20:26:39Z", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, ("robot-cell-gate", "4512337", True, "in"), id="granted, inward"),
        pytest.param({"event": {"type": "Access Denied"}, "reader": "Inside reader"},
                     ("robot-cell-gate", "4512337", False, "out"), id="denied, outward"),
        pytest.param({"reader": None}, ("robot-cell-gate", "4512337", True, "unknown"),
                     id="no direction"),
        pytest.param({"door": {"name": "Gate 3"}, "card": {"number": "AB 12"}},
                     ("gate-3", "ab-12", True, "in"), id="a door that is not listed"),
    ],
)  # fmt: skip
def test_a_doors_event_in_a_systems_own_words(
    changes: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    measured, refused = published("access_control", passage(**changes), **SYSTEM)
    assert not reasons(refused)
    (block,) = doors_of(measured)
    (event,) = block.events
    assert (block.device, event.t_ns) == ("access-1", NOW_NS - NS_PER_S)
    assert (event.door, event.tag, event.granted, event.direction) == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"event": {"type": "held open"}}, "'held open' is neither", id="a new word"),
        pytest.param({"event": None}, "'' is neither", id="no result is no grant"),
        pytest.param({"door": 7}, 'no "door.name"', id="no door"),
        pytest.param({"card": {}}, 'no "card.number"', id="no credential"),
        pytest.param({"card": {"number": []}}, "a credential is text", id="an odd credential"),
        pytest.param({"card": {"number": "/"}}, "0 letters", id="an empty credential"),
    ],
)
def test_what_a_door_says_otherwise_is_refused(changes: dict[str, Any], said: str) -> None:
    measured, refused = published("access_control", passage(**changes), **SYSTEM)
    assert not measured
    assert said in reasons(refused)
    assert refused[0].device == "access-1"
