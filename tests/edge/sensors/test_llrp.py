"""LLRP: the recorded messages of a real reader, and an emulated reader on a real socket."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from llrpkit.protocol import BitStr, decode_message, enums, messages, params
from llrpkit.protocol.codec import LLRPMessage

from contract.site import About, Broker, Site
from edge.sensor import Context
from edge.sensors import redial
from edge.sensors.heard import Heard, Unread
from edge.sensors.llrp import Llrp, heard, told
from tests.edge.agents import running
from tests.edge.sensors.lines import Lines
from tests.support.brokers import Broker as Running
from tests.support.brokers import wait_until
from tests.support.gatewaypeer import gateway_peer
from tests.support.llrpreader import TAGS, llrp_reader
from tests.support.needs import recordings_folder

pytestmark = pytest.mark.slow

TYPES: dict[str, type[LLRPMessage]] = {
    "ROAccessReport": messages.RO_ACCESS_REPORT,
    "ReaderEventNotification": messages.READER_EVENT_NOTIFICATION,
    "GetReaderCapabilitiesResponse": messages.GET_READER_CAPABILITIES_RESPONSE,
    "GetReaderConfigResponse": messages.GET_READER_CONFIG_RESPONSE,
    "GetROSpecsResponse": messages.GET_ROSPECS_RESPONSE,
    "GetAccessSpecsResponse": messages.GET_ACCESSSPECS_RESPONSE,
    "CloseConnectionResponse": messages.CLOSE_CONNECTION_RESPONSE,
}
RECORDED = recordings_folder() / "badges" / "llrp"
CONTEXT = Context(Site(site=About(id="hall-7")), "edge-1", Broker(), clock=time.time_ns)


def recorded(path: Path) -> LLRPMessage:
    """Return a recorded message: the files hold what comes after the header."""
    kind = TYPES[path.stem.partition("-")[0]]
    body = path.read_bytes()
    header = (1 << 10 | kind.MESSAGE_TYPE).to_bytes(2, "big") + (10 + len(body)).to_bytes(4, "big")
    return decode_message(header + bytes(4) + body)


def in_json(value: Any) -> Iterator[Any]:
    """Yield every number and text of a recorded message's JSON, base64 as the bytes that it is."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in ("EPC", "ReaderID", "AirProtocolIDs") and isinstance(part, str):
                yield base64.b64decode(part)
            else:
                yield from in_json(part)
    elif isinstance(value, list):
        for part in value:
            yield from in_json(part)
    elif value not in (None, ""):
        yield int(value) if isinstance(value, bool) else value


def in_message(value: Any) -> Iterator[Any]:
    """Yield the same of a decoded message."""
    if isinstance(value, BitStr):
        yield value.data
    elif is_dataclass(value):
        for field in fields(value):
            yield from in_message(getattr(value, field.name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from in_message(part)
    elif isinstance(value, bytes | str):
        yield value
    elif isinstance(value, bool | int):
        yield int(value)


@pytest.mark.recordings
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.bytes")), ids=lambda path: path.stem)
def test_a_recorded_message_says_what_its_json_says(path: Path) -> None:
    said = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    decoded = Counter(in_message(recorded(path)))
    # Zero is also how the JSON writes what is not there.
    wanted = Counter(value for value in in_json(said) if value not in (0, 0.0))
    assert wanted - decoded == Counter()
    assert wanted or path.stem.startswith(("Get", "Close"))


@pytest.mark.recordings
@pytest.mark.parametrize(
    "path", sorted(RECORDED.glob("ROAccessReport-*.bytes")), ids=lambda p: p.stem
)
def test_a_recorded_report_is_the_reads_of_its_json(path: Path) -> None:
    said = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["TagReportData"]
    report = recorded(path)
    assert isinstance(report, messages.RO_ACCESS_REPORT)
    assert list(heard(report)) == [
        Heard(
            tag=base64.b64decode(tag["EPC96"]["EPC"]).hex(),
            point=str(tag["AntennaID"]),
            t_ns=tag["FirstSeenUTC"] * 1000,
            rssi_dbm=float(tag["PeakRSSI"]),
        )
        for tag in said
    ]


def test_a_tag_without_antenna_time_or_level_is_heard_all_the_same() -> None:
    bare = params.TagReportData(epc_parameter=params.EPCData(epc=BitStr.from_bytes(b"\xe2\x80")))
    empty = params.TagReportData(epc_parameter=params.EPCData(epc=BitStr()))
    report = messages.RO_ACCESS_REPORT(tag_report_datas=[bare, empty])
    assert list(heard(report)) == [Heard("e280"), Unread("a tag without an EPC")]


def event(**data: Any) -> LLRPMessage:
    moment = params.UTCTimestamp(microseconds=1)
    return messages.READER_EVENT_NOTIFICATION(
        reader_event_notification_data=params.ReaderEventNotificationData(timestamp=moment, **data)
    )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(
            event(antenna_event=params.AntennaEvent(
                event_type=enums.AntennaEventType.Antenna_Disconnected, antenna_id=3)),
            ["antenna 3 is disconnected: nobody is seen there"], id="a cable pulled"),
        pytest.param(
            event(antenna_event=params.AntennaEvent(
                event_type=enums.AntennaEventType.Antenna_Connected, antenna_id=3)),
            [], id="and put back"),
        pytest.param(
            event(report_buffer_overflow_error_event=params.ReportBufferOverflowErrorEvent()),
            ["its buffer overflowed, and reads are lost"], id="an overflow"),
        pytest.param(
            event(reader_exception_event=params.ReaderExceptionEvent(message="too hot")),
            ["it reports: too hot"], id="an exception"),
        pytest.param(messages.KEEPALIVE(), [], id="something else"),
    ],
)  # fmt: skip
def test_what_a_reader_says_of_itself(message: LLRPMessage, said: list[str]) -> None:
    assert [part.reason for part in told(message)] == said


def test_tags_of_each_antenna_are_heard_with_their_time_and_level() -> None:
    lines = Lines()
    with llrp_reader() as reader:
        before_ns = time.time_ns()
        settings = Llrp(reader="north", host="127.0.0.1", port=reader.port, keepalive_s=0.2)
        with lines.running(settings.open(CONTEXT)):
            wait_until(lambda: len({read.tag for read in lines.reads}) == 2, "both tags")
            wait_until(lambda: reader.keepalives >= 2, "keepalives answered")
    assert not lines.refused
    assert {block.device for block in lines.blocks} == {"north"}
    assert {(read.tag, read.point) for read in lines.reads} == {
        (TAGS[0].epc.hex(), "1"), (TAGS[1].epc.hex(), "3"),
    }  # fmt: skip
    for read in lines.reads:
        assert before_ns - 10**6 <= read.t_ns <= time.time_ns()
        assert read.rssi_dbm is not None
        assert -75 < read.rssi_dbm < -40
        assert read.rssi_dbm != round(read.rssi_dbm) or len(lines.reads) > 50, "finer than 1 dB"
    assert len(lines.blocks) < len(lines.reads), "reads share blocks"


def test_only_the_antennas_that_are_asked_for_are_read() -> None:
    lines = Lines()
    with llrp_reader() as reader:
        settings = Llrp(reader="north", host="127.0.0.1", port=reader.port, antennas=(3,))
        with lines.running(settings.open(CONTEXT)):
            wait_until(lambda: len(lines.reads) > 10, "reads")
    assert {read.point for read in lines.reads} == {"3"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redial, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(redial, "MAX_WAIT_S", 0.1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mishap", ["hang_up", "forget_inventory"])
def test_a_reader_that_is_lost_is_dialled_again(mishap: str) -> None:
    lines = Lines()
    with llrp_reader() as reader:
        settings = Llrp(reader="north", host="127.0.0.1", port=reader.port, keepalive_s=0.2)
        with lines.running(settings.open(CONTEXT)) as source:
            for _time in range(2):
                wait_until(lambda: lines.reads, "reads")
                getattr(reader, mishap)()
                wait_until(lambda: not source.is_up, "the loss to be noticed")  # type: ignore[attr-defined]
                with lines._lock:
                    lines.blocks.clear()
            wait_until(lambda: lines.reads, "reads, once more")


@pytest.mark.usefixtures("impatient")
def test_a_reader_is_waited_for_and_may_come_back_where_it_was() -> None:
    lines = Lines()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
    settings = Llrp(reader="north", host="127.0.0.1", port=port)
    with lines.running(settings.open(CONTEXT)):
        for _time in range(2):
            with lines._lock:
                lines.blocks.clear()
            with llrp_reader(port=port):
                wait_until(lambda: lines.reads, "the reader's reads")


@pytest.mark.usefixtures("impatient")
def test_a_reader_that_takes_the_call_and_says_nothing_does_not_hold_up_the_end() -> None:
    lines = Lines()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings = Llrp(reader="north", host="127.0.0.1", port=mute.getsockname()[1])
        with lines.running(settings.open(CONTEXT)):
            mute.accept()[0].close()
            line, _ = mute.accept()
            began_s = time.monotonic()
        with line:
            assert time.monotonic() - began_s < 2


def test_a_pulled_antenna_is_counted() -> None:
    lines = Lines()
    with llrp_reader() as reader:
        settings = Llrp(reader="north", host="127.0.0.1", port=reader.port)
        with lines.running(settings.open(CONTEXT)):
            wait_until(lambda: lines.reads, "reads")
            reader.do(reader.emulator.set_antenna_connected(3, False))
            wait_until(lambda: lines.refused, "the notice")
    assert lines.refused == [("north", "antenna 3 is disconnected: nobody is seen there")]


def test_a_readers_reads_cross_an_agent_to_the_gateway(broker: Running, tmp_path: Path) -> None:
    with llrp_reader(reads_per_s=50) as reader, gateway_peer(broker, lambda _: True) as gateway:
        table = (
            '[[agent.sensors]]\nkind = "llrp"\nreader = "north"\nhost = "127.0.0.1"\n'
            f"port = {reader.port}\n"
        )
        with running(broker, tmp_path, table) as agent:
            wait_until(lambda: len(gateway.names) >= 5, "blocks")
            wait_until(lambda: agent.pending() < 3, "their acknowledgement")
        assert {block.device for block in list(gateway.blocks)} == {"north"}
