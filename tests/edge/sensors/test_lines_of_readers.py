"""Readers that are called: an R700's HTTP stream, and Speedway Connect's TCP port."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from edge.sensors import redial
from edge.sensors.impinj import PASSWORD, Impinj
from edge.sensors.speedway_connect import SpeedwayConnect
from tests.edge.sensors.lines import CONTEXT, Lines
from tests.support.brokers import wait_until

EPC = "e28011606000020a"


def line(**tag: Any) -> bytes:
    return json.dumps({"eventType": "tagInventory", "tagInventoryEvent": tag}).encode() + b"\r\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redial, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(redial, "MAX_WAIT_S", 0.1)
    monkeypatch.setenv(PASSWORD, "impinj")


class R700(ThreadingHTTPServer):
    """Answers the n-th call with the n-th list of chunks, and then hangs up or stays silent."""

    daemon_threads = True

    def __init__(self, calls: Sequence[Sequence[bytes]], *, stays: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Stream)
        self.calls = list(calls)
        self.stays = stays
        self.asked: list[tuple[str, str]] = []
        self.over = threading.Event()


class _Stream(BaseHTTPRequestHandler):
    server: R700

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        if not self.server.calls:
            self.send_error(503)
            return
        self.send_response(200)
        self.end_headers()
        for chunk in self.server.calls.pop(0):
            self.wfile.write(chunk)
            self.wfile.flush()
        if self.server.stays:
            self.server.over.wait(10)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def r700(calls: Sequence[Sequence[bytes]], *, stays: bool = False) -> Iterator[R700]:
    server = R700(calls, stays=stays)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_a_stream_is_read_line_by_line_and_opened_again_when_it_ends() -> None:
    torn = line(epcHex=EPC, antennaPort=2, peakRssiCdbm=-5050)
    calls = [
        [line(epc="ikUCJA=="), b"\r\n", torn[:20], torn[20:] + line(epcHex="e280")],
        [b"rubbish\n" + line(epcHex="e281")],
    ]
    lines = Lines()
    with r700(calls) as server:
        settings = Impinj(url=f"http://127.0.0.1:{server.server_port}/", reader="north")
        with lines.running(settings.open(CONTEXT)):
            wait_until(lambda: len(lines.reads) == 4, "four reads of two calls")
            wait_until(lambda: len(server.asked) >= 3, "a third call")
    assert [read.tag for read in lines.reads] == ["8a450224", EPC, "e280", "e281"]
    assert (lines.reads[1].point, lines.reads[1].rssi_dbm) == ("2", -50.5)
    assert [device for device, _ in lines.refused] == ["north"]
    assert set(server.asked) == {("/api/v1/data/stream", "Basic cm9vdDppbXBpbmo=")}


def test_a_silent_stream_is_opened_again_and_does_not_hold_up_the_end() -> None:
    lines = Lines()
    with r700([[line(epcHex="e280")]] * 3, stays=True) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        with lines.running(Impinj(url=url, reader="north", silent_s=0.1).open(CONTEXT)):
            wait_until(lambda: len(lines.reads) >= 2, "the second call")
    with r700([[line(epcHex="e280")]], stays=True) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        source = Impinj(url=url, silent_s=600).open(CONTEXT)
        with lines.running(source):
            wait_until(lambda: source.is_up, "the line")  # type: ignore[attr-defined]


def test_a_line_without_end_is_refused() -> None:
    lines = Lines()
    with r700([[b"x" * 150_000, b"\n" + line(epcHex="e280")]], stays=True) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        with lines.running(Impinj(url=url, reader="north").open(CONTEXT)):
            wait_until(lambda: lines.reads, "the line behind it")
    assert lines.refused


def test_speedway_connects_port_is_read_and_called_again() -> None:
    lines = Lines()
    with socket.create_server(("127.0.0.1", 0)) as port:
        address = f"127.0.0.1:{port.getsockname()[1]}"
        with lines.running(SpeedwayConnect(connect=address, reader="dock").open(CONTEXT)):
            port.settimeout(10)
            call, _ = port.accept()
            with call:
                call.sendall(b'{"antennaPort":7,"epc":"E280","peakRssi":-51}\r\n1,E2')
                wait_until(lambda: len(lines.reads) == 1, "a whole line")
                call.sendall(b"81,0,-60\n")
                wait_until(lambda: len(lines.reads) == 2, "the other")
            call, _ = port.accept()
            with call:
                call.sendall(b"3,E282,,-44\n,,,\n")
                wait_until(lambda: len(lines.reads) == 3, "a line of the second call")
    assert [(read.tag, read.point, read.rssi_dbm) for read in lines.reads] == [
        ("e280", "7", -51.0), ("e281", "1", -60.0), ("e282", "3", -44.0),
    ]  # fmt: skip
    assert {device for device, _ in lines.refused} == {"dock"}, "a clock of 1970, a line of nothing"
