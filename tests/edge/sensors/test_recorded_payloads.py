"""What readers and gateways publish, as recorded: which tag, where, when and how loud."""

from __future__ import annotations

import json

import pytest

from contract.instants import NS_PER_S
from contract.reads import Read
from edge.sensors.notation import instant_ns
from tests.support.vendors import VENDORS, driver, reads_of, reasons, recorded_payload

pytestmark = pytest.mark.recordings

CASES = [
    pytest.param(
        "impinj",
        "impinj_r700_mqtt_field_capture_eu.json",
        "gate-1",  # it says no name, so the topic's is taken
        Read(tag="8a450224", point="3", t_ns=1_772_126_017_432_087_177, rssi_dbm=-74.0),
        id="impinj one object, base64",
    ),
    pytest.param(
        "impinj",
        "impinj_r700_tagInventory_reelyactive.json",
        "impinj-01-23-45",
        Read(tag="7eda9038051002710002c0ae", point="1", t_ns=1_746_698_400_123_000_000,
             rssi_dbm=-70.0),
        id="impinj a list, hex beside base64",
    ),
    pytest.param(
        "zebra",
        "zebra_iotc_fixed_reader_SIMPLE.json",
        "c4-7d-cc-ff-ff-ff",
        Read(tag="7eda9038051002710002c0ae", point="1", t_ns=1_759_831_200_123_000_000,
             rssi_dbm=-70.0),
        id="zebra fixed reader",
    ),
    pytest.param(
        "zebra",
        "zebra_rfd40_dataEVT.json",
        "gate-1",
        Read(tag="e2003411b802011533abcd12", point="1", t_ns=1_779_200_591_000_000_000,
             rssi_dbm=-52.0),
        id="zebra sled",
    ),
    pytest.param(
        "rf_controls",
        "rfcontrols_tag_blink_with_zone.json",
        "gate-1",
        Read(tag="1ab00000000000000000a003", point="anton", t_ns=1_746_700_000_000_000_000,
             rssi_dbm=-80.0, position_m=(1.0, 2.0)),
        id="rf controls, deci-dBm and a position",
    ),
    pytest.param(
        "minew",
        "minew_g1_json_gateway.json",
        "ac233fc03641",
        Read(tag="c3:00:00:25:ef:6a", t_ns=1_770_596_033_667_000_000, rssi_dbm=-65.0),
        id="minew json",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "file", "device", "expected"), CASES)
def test_a_recorded_payload_is_one_read(kind: str, file: str, device: str, expected: Read) -> None:
    now_ns = expected.t_ns + NS_PER_S
    payload = recorded_payload(file)
    measured, refused = driver(kind).published(payload, "vendor/gate-1/tags", now_ns)
    assert not reasons(refused)
    assert reads_of(measured) == [(device, expected)]


def test_speedway_connects_lines_are_two_reads() -> None:
    lines = recorded_payload("impinj_speedway_connect_sample.jsonl")
    now_ns = instant_ns("2018-06-14T00:15:55Z")
    assert now_ns is not None
    measured, refused = driver("speedway_connect").published(lines, "vendor/xarray/tags", now_ns)
    assert not reasons(refused)
    assert reads_of(measured) == [
        ("xarray", Read(tag="999908290000000000000004", point="7", t_ns=1_528_935_354_368_790_000,
                        rssi_dbm=-51.0)),
        ("xarray", Read(tag="999908290000000000000003", point="23", t_ns=1_528_935_354_373_293_000,
                        rssi_dbm=-50.0)),
    ]  # fmt: skip


def test_meshtech_has_its_tag_in_the_topic() -> None:
    captured = json.loads(recorded_payload("meshtech_mt2_rssi.json"))
    now_ns = instant_ns("2020-10-19T12:32:48Z")
    assert now_ns is not None
    gateway = driver("meshtech", topics=("mt/gateway/+/device/+/rssi",))
    payload = json.dumps(captured["payload"]).encode()
    measured, refused = gateway.published(payload, captured["topic"], now_ns)
    assert not reasons(refused)
    assert reads_of(measured) == [
        ("e4ebc3f77f09", Read(tag="da:51:bd:ee:f1:8c", t_ns=1_603_110_767_485_000_000,
                              rssi_dbm=-58.0)),
    ]  # fmt: skip


def test_the_posts_of_speedway_connect_have_the_fields_that_a_real_one_had() -> None:
    names = json.loads(recorded_payload("speedway_connect_http_post_fields.json"))["fields"]
    assert {"antenna_port", "epc", "first_seen_timestamp", "peak_rssi", "reader_name"} <= set(names)
    values = {"antenna_port": "2", "epc": "E28011606000020A", "peak_rssi": "-61.5",
              "first_seen_timestamp": "1594174805140192", "reader_name": "dock"}  # fmt: skip
    row = ",".join(values.get(name, "") for name in names)
    reader = driver("speedway_connect", fields=tuple(names), topics=("a",))
    measured, refused = reader.published(row.encode(), "a", 1_594_174_806 * NS_PER_S)
    assert not reasons(refused)
    expected = Read(
        tag="e28011606000020a", point="2", t_ns=1_594_174_805_140_192_000, rssi_dbm=-61.5
    )
    assert reads_of(measured) == [("dock", expected)]


@pytest.mark.parametrize("kind", VENDORS)
def test_a_vendors_driver_makes_nothing_of_anothers_payload_without_saying_so(kind: str) -> None:
    """A table with the wrong kind is noticed: something is refused, nothing vanishes."""
    for case in CASES:
        other, file = str(case.values[0]), str(case.values[1])
        measured, refused = driver(kind).published(
            recorded_payload(file), "vendor/gate-1/tags", 1_772_126_018 * NS_PER_S
        )
        assert measured or refused, f"{file} of {other}"
