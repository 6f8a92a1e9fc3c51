"""Valid payloads of every maker, spoilt: each arrives once, or is refused and told."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.event import EventBlock
from contract.instants import NS_PER_S
from edge.sensors import devicemessage
from edge.sensors.gone import says_gone
from tests.support.vendors import doors_of, driver, reads_of

NOW_NS = 1_780_000_000 * NS_PER_S
EPC = "e28011606000020a6681f23f"
MAC = "c3:00:00:25:ef:6a"
VALID: dict[str, dict[str, Any]] = {
    "impinj": {
        "eventType": "tagInventory", "hostname": "north", "timestamp": "2026-05-28T20:26:39Z",
        "tagInventoryEvent": {"epcHex": EPC.upper(), "antennaPort": 1, "peakRssiCdbm": -5325},
    },
    "zebra": {
        "type": "SIMPLE", "timestamp": "2026-05-28T20:26:39.123+0000",
        "data": {"idHex": EPC, "antenna": 1, "peakRssi": -47, "hostName": "FX9600EE0001"},
    },
    "speedway_connect": {
        "antennaPort": 7, "epc": EPC, "peakRssi": -51, "firstSeenTimestamp": 1779999999000000,
        "readerName": "xarray",
    },
    "rf_controls": {
        "tagID": EPC, "x": 1, "y": 2, "rssi": -800, "locateTime": 1779999999000,
        "antennaNames": ["a"],
    },
    "minew": {"mac": "C3000025EF6A", "rssi": -65, "timestamp": "2026-05-28T20:26:39Z"},
    "meshtech": {"time": 1779999999, "parent": "e4ebc3f77f09", "rssi": -58},
    "theengs": {"id": "C3:00:00:25:EF:6A", "rssi": -55, "unixtime": 1779999999, "brand": "X"},
    "access_control": {
        "door": "Gate 3", "credential": "4512337", "result": "granted", "direction": "in",
        "time": "2026-05-28T20:26:39Z",
    },
}  # fmt: skip
TOPIC = "vendor/gate-1/device/da51bdeef18c/rssi"
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=True),
    st.text(max_size=12), st.lists(st.integers(), max_size=2), st.builds(dict),
    st.builds(lambda: {"a": [{}]}),
)  # fmt: skip


def _respelled(value: Any, dice: random.Random) -> Any:
    if not isinstance(value, str):
        return str(value) if dice.random() < 0.5 else value
    return dice.choice([value.upper(), value.lower(), f" {value} ", value + "\0"])


@st.composite
def spoilt(draw: st.DrawFn, valid: dict[str, Any]) -> Any:
    """A valid object with fields dropped, added, of another type, spelled otherwise, reordered."""
    entry = json.loads(json.dumps(valid))
    dice = draw(st.randoms(use_true_random=False))
    for what in draw(
        st.lists(st.sampled_from(["drop", "add", "retype", "respell", "order"]), max_size=3)
    ):
        at = dice.choice([entry, *[v for v in entry.values() if isinstance(v, dict)]])
        key = dice.choice(sorted(at)) if at else "x"
        if what == "drop":
            at.pop(key, None)
        elif what == "add":
            at[draw(st.text(max_size=6))] = draw(ODD)
        elif what == "retype":
            at[key] = draw(ODD)
        elif what == "respell" and at:
            at[key] = _respelled(at[key], dice)
        else:
            turned = list(at.items())
            dice.shuffle(turned)
            at.clear()
            at.update(turned)
    return entry


def packed(entries: list[Any], how: str) -> bytes:
    text = {
        "lines": "\r\n".join(map(json.dumps, entries)),
        "list": json.dumps(entries),
        "wrapper": json.dumps({"site": "a", "entries": entries}),
        "marked": "\ufeff" + json.dumps(entries) + "\0",
    }[how]
    return text.encode()


@pytest.mark.parametrize("kind", sorted(VALID))
@given(data=st.data(), how=st.sampled_from(["lines", "list", "wrapper", "marked"]))
def test_each_arrives_once_or_is_refused_and_told(kind: str, data: st.DataObject, how: str) -> None:
    entries = data.draw(st.lists(spoilt(VALID[kind]), min_size=1, max_size=3))
    payload = packed(entries, how)
    measured, refused = driver(kind, topics=("vendor/+/#",)).published(payload, TOPIC, NOW_NS)
    taken = len(reads_of(measured)) + sum(len(block.events) for block in doors_of(measured))
    silent = sum(_says_nothing(kind, entry) for entry in entries)
    lost = [refusal for refusal in refused if not refusal.partly]
    assert taken <= len(entries), "once"
    assert taken + len(lost) + silent >= len(entries), "never neither"
    assert all(refusal.reason for refusal in refused)


def _says_nothing(kind: str, entry: Any) -> bool:
    """Whether an object is about no tag that is there: gone, or about the reader itself."""
    if kind == "access_control":
        return False
    status = kind == "minew" and ("gateway" in entry or entry.get("type") == "Gateway")
    other = kind == "impinj" and entry.get("eventType", "tagInventory") != "tagInventory"
    beat = kind in ("zebra", "speedway_connect") and bool({"eventType", "isHeartBeat"} & set(entry))
    return says_gone(entry) or status or other or beat


@pytest.mark.parametrize("kind", sorted(set(VALID) - {"meshtech", "access_control"}))
@given(data=st.data())
def test_a_tag_is_one_tag_however_it_is_spelled(kind: str, data: st.DataObject) -> None:
    entry = json.dumps(VALID[kind])
    for spelled in (EPC, EPC.upper(), "C3:00:00:25:EF:6A", "C3000025EF6A"):
        again = data.draw(st.sampled_from(_spellings(spelled)))
        entry = entry.replace(f'"{spelled}"', f'"{again}"')
    measured, _ = driver(kind, topics=("vendor/+/#",)).published(entry.encode(), TOPIC, NOW_NS)
    assert {read.tag for _, read in reads_of(measured)} <= {EPC, MAC}
    assert measured


def _spellings(tag: str) -> list[str]:
    if tag.lower() == EPC:
        return [tag, tag.upper(), tag.lower(), "0x" + tag, " ".join([tag[:12], tag[12:]])]
    digits = tag.replace(":", "")
    return [tag, digits.lower(), "-".join(digits[i : i + 2] for i in range(0, 12, 2))]


BESIDE = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name.strip().lower() not in ("event", "message")),
    ODD,
    max_size=4,
)
KNOWN = st.dictionaries(st.sampled_from(["t_ns", "seq", "boot", "detail", "battery"]), ODD)


@given(BESIDE, KNOWN, st.sampled_from(["sos", "SOS", " Sos", "button"]))
def test_a_call_for_help_arrives_once_whatever_is_beside_it(
    beside: dict[str, Any], known: dict[str, Any], word: str
) -> None:
    beside = {name: odd for name, odd in beside.items() if name.strip().lower() != "device"}
    payload = json.dumps({**beside, **known, "event": word}).encode()
    measured, _ = devicemessage.read(payload, "button-1", NOW_NS)
    (call,) = measured
    assert isinstance(call.block, EventBlock)
    assert call.block.event in ("sos", "button")
