"""Tags, times and levels as vendors write them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contract.reads import TagId
from edge.sensors import notation
from edge.sensors.notation import UNREADABLE_NS

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.binary(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
TAG = TypeAdapter(TagId)


@given(st.binary(min_size=2, max_size=62).filter(lambda raw: len(raw) % 2 == 0), st.booleans())
def test_an_epc_is_the_same_however_it_is_written(epc: bytes, upper: bool) -> None:
    hex_text = epc.hex().upper() if upper else epc.hex()
    assert notation.epc_from_hex(hex_text) == epc.hex()
    assert notation.epc(hex_text) == epc.hex()
    for encoded in (base64.b64encode(epc), base64.urlsafe_b64encode(epc)):
        assert notation.epc_from_base64(encoded.decode()) == epc.hex()
        assert notation.epc_from_base64(encoded.decode().rstrip("=")) == epc.hex()


@given(st.binary(min_size=12, max_size=12))
def test_a_96_bit_epc_in_base64_is_told_from_hex(epc: bytes) -> None:
    text = base64.b64encode(epc).decode()
    if not text.isalnum() or text != text.upper():  # and else it is a coincidence in billions
        assert notation.epc(text) == epc.hex()


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        pytest.param("ikUCJA==", "8a450224", id="base64 of four bytes"),
        pytest.param("_-8", "ffef", id="base64url without padding"),
        pytest.param("E280 1160 6000 020A", "e28011606000020a", id="hex in groups"),
        pytest.param("0xE280", "e280", id="hex with 0x"),
        pytest.param("0xaaaaaaaaaaaaia", "d3169a69a69a69a69a69a89a", id="base64 that begins so"),
        pytest.param("e280", "e280", id="hex already"),
    ],
)
def test_epcs(given: str, tag: str) -> None:
    assert notation.epc(given) == tag


@pytest.mark.parametrize("wrong", ["", " ", "E28", "xyz!", "=", None, 7, True, "0" * 126, ["e280"]])
def test_what_is_no_epc_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"EPC|text is wanted"):
        notation.epc(wrong)


@pytest.mark.parametrize(
    "given",
    ["C3000025EF6A", "c3:00:00:25:ef:6a", "C3-00-00-25-EF-6A", " c3:00:00:25:EF:6A "],
)
def test_a_mac_is_the_same_however_it_is_written(given: str) -> None:
    assert notation.mac(given) == "c3:00:00:25:ef:6a"


@pytest.mark.parametrize("wrong", ["C3000025EF6", "c3:00:00:25:ef", "g3000025ef6a", None, 1])
def test_what_is_no_mac_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"MAC|text is wanted"):
        notation.mac(wrong)


@given(
    st.integers(1, 7_000_000_000_000_000),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["+hh:mm", "+hhmm"]),
)
def test_a_time_with_a_zone_is_read_to_the_microsecond(
    at_us: int, minutes: int, style: str
) -> None:
    zone = timezone(timedelta(minutes=minutes))
    there = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).astimezone(zone)
    text = there.isoformat()
    text = text if style == "+hh:mm" else text[:-3] + text[-2:]
    at_ns = notation.instant_ns(text)
    assert at_ns == at_us * 1000


@pytest.mark.parametrize(
    ("given", "at_ns"),
    [
        pytest.param("2026-02-26T17:13:37.432087177Z", 1_772_126_017_432_087_177, id="nanoseconds"),
        pytest.param("2025-10-07T10:00:00.123+0000", 1_759_831_200_123_000_000, id="no colon"),
        pytest.param("2018-06-14T00:15:54.36879Z", 1_528_935_354_368_790_000, id="five digits"),
        pytest.param(1_746_700_000, 1_746_700_000_000_000_000, id="seconds"),
        pytest.param(1_746_700_000_000, 1_746_700_000_000_000_000, id="milliseconds"),
        pytest.param("1594174805140192", 1_594_174_805_140_192_000, id="microseconds as text"),
        pytest.param(1_594_174_805_140_192_001, 1_594_174_805_140_192_001, id="nanosecond count"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("2025-10-07T10:00:00", UNREADABLE_NS, id="no zone"),
        pytest.param("2025-13-07T10:00:00Z", UNREADABLE_NS, id="month 13"),
        pytest.param("0001-01-01T00:00:00+23:59", UNREADABLE_NS, id="before all time"),
        pytest.param("yesterday", UNREADABLE_NS, id="words"),
        pytest.param(float("nan"), UNREADABLE_NS, id="nan"),
        pytest.param(-1, UNREADABLE_NS, id="negative"),
        pytest.param(2**70, UNREADABLE_NS, id="too large"),
        pytest.param(True, UNREADABLE_NS, id="true"),
        pytest.param([], UNREADABLE_NS, id="a list"),
    ],
)
def test_times(given: Any, at_ns: int | None) -> None:
    assert notation.instant_ns(given) == at_ns


@pytest.mark.parametrize(
    ("given", "per_dbm", "dbm"),
    [
        pytest.param(-7400, 100, -74.0, id="centi-dBm"),
        pytest.param(-800, 10, -80.0, id="deci-dBm"),
        pytest.param(-51, 1, -51.0, id="dBm"),
        pytest.param("-61.5", 1, -61.5, id="text"),
        pytest.param(127, 1, None, id="BLE's not available"),
        pytest.param(-7400, 1, None, id="the wrong unit is no level"),
        pytest.param(float("nan"), 1, None, id="nan"),
        pytest.param("loud", 1, None, id="a word"),
        pytest.param(True, 1, None, id="true"),
        pytest.param({}, 1, None, id="an object"),
    ],
)
def test_levels(given: Any, per_dbm: int, dbm: float | None) -> None:
    assert notation.level_dbm(given, per_dbm) == dbm


@pytest.mark.parametrize(
    "read",
    [notation.epc_from_hex, notation.epc_from_base64, notation.epc, notation.mac,
     notation.credential],
)  # fmt: skip
@given(given=ANYTHING)
def test_a_tag_is_one_of_the_contract_or_refused(read: Callable[[Any], str], given: Any) -> None:
    try:
        tag = read(given)
    except ValueError:
        return
    assert TAG.validate_python(tag) == tag


@given(ANYTHING)
def test_nothing_is_too_odd_for_times_levels_lengths_and_names(given: Any) -> None:
    at_ns = notation.instant_ns(given)
    assert at_ns is None or 0 <= at_ns < 2**63
    level = notation.level_dbm(given)
    assert level is None or -150 <= level <= 30
    length = notation.metres(given)
    assert length is None or abs(length) <= 1e6
    called = notation.name(given)
    assert called is None or 0 < len(called) <= 200
