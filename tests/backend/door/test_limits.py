"""Sockets that do nothing, drip, or never read, against a backend that must take alarms in."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from backend.api.examples import DETECTION
from backend.door import phases
from backend.door.connections import Connections
from backend.door.descriptors import Capacity
from backend.door.phases import Phase, PhaseLimit
from backend.runtime import BackendProcess
from tests.backend.console.served_console import wait_until
from tests.support.pages import Inbox, paging_site
from tests.support.patience import Patience

AT_NS = DETECTION["decided_ns"]
BODY = json.dumps(DETECTION).encode()
HEAD = (
    b"POST /api/v1/detections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
)
FEW = Capacity(descriptors=1024, connections=20, each_address=20, essential=4, streams=3)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for twenty connections."""
    monkeypatch.setattr(Capacity, "of", classmethod(lambda cls, descriptors: FEW))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every patience a tenth of a second."""
    for phase, rule in list(phases.RULES.items()):
        longest_s = None if rule.longest_s is None else 0.1
        monkeypatch.setitem(phases.RULES, phase, PhaseLimit(longest_s, rule.yields))


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[BackendProcess]:
    with BackendProcess(
        paging_site(),
        state_dir=tmp_path,
        clock=lambda: AT_NS,
        engine="manual",
        channels=[Inbox()],
    ) as backend:
        yield backend


def table(backend: BackendProcess) -> Connections:
    return backend._server.table


def connect(stack: ExitStack, backend: BackendProcess, said: bytes = b"") -> socket.socket:
    found = stack.enter_context(socket.create_connection(("127.0.0.1", backend.port), 10))
    found.sendall(said)
    return found


def heard(connection: socket.socket) -> bytes:
    """Return all that is said until the other side closes."""
    said = b""
    try:
        while piece := connection.recv(65_536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def post(backend: BackendProcess, within_s: float = 5) -> int:
    return httpx.post(
        f"{backend.url}/api/v1/detections", json=DETECTION, timeout=within_s
    ).status_code


def figure(backend: BackendProcess, name: str) -> float:
    found = backend.parts.metrics.registry.get_sample_value(name)
    return found or 0


def refused(backend: BackendProcess, reason: str) -> float:
    sample = "floorwatch_refusals_total"
    return backend.parts.metrics.registry.get_sample_value(sample, {"reason": reason}) or 0


HELD = [
    pytest.param(b"", id="say nothing"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: local", id="half a head"),
    pytest.param(HEAD + BODY[:9], id="half a body"),
    pytest.param(b"GET /static/x/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", id="stay after it"),
    pytest.param(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", id="follow the board"),
]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("said", HELD)
def test_a_newcomer_gets_in_however_many_hold_a_place(backend: BackendProcess, said: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(60):
            connect(stack, backend, said)
        for _ in range(5):
            assert post(backend) == 200
            assert len(table(backend)) <= FEW.connections + FEW.essential
            assert httpx.get(f"{backend.url}/healthz").status_code == 200
    wait_until(lambda: len(table(backend)) == 0)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("said", [HELD[0], HELD[3]])
@pytest.mark.parametrize("grace_s", [0, 100], ids=["a crowd that stays", "a crowd of this second"])
def test_the_gateway_s_connection_outlives_a_crowd(
    backend: BackendProcess, monkeypatch: pytest.MonkeyPatch, said: bytes, grace_s: float
) -> None:
    monkeypatch.setattr(phases, "GRACE_S", grace_s)
    with ExitStack() as stack, httpx.Client(base_url=backend.url) as gateway:
        assert gateway.post("/api/v1/detections", json=DETECTION).status_code == 200
        (mine,) = table(backend)._open
        for _ in range(60):
            one = connect(stack, backend, said)
            if said:  # once it is answered it is as idle as the gateway's
                assert one.recv(1) == b"H"
        wait_until(lambda: refused(backend, "ConnectionGaveWay") >= 40)
        assert mine in table(backend)._open
        assert gateway.post("/api/v1/detections", json=DETECTION).status_code == 200
        assert mine in table(backend)._open


@pytest.mark.usefixtures("few")
def test_when_all_are_being_served_only_what_must_not_wait_is(
    backend: BackendProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database is slow: everybody reads, and an alarm comes."""
    for phase, rule in list(phases.RULES.items()):
        monkeypatch.setitem(phases.RULES, phase, PhaseLimit(rule.longest_s, None))
    with ExitStack() as stack:
        for _ in range(FEW.connections):
            connect(stack, backend)
        wait_until(lambda: len(table(backend)) == FEW.connections)
        assert post(backend) == 200
        answer = httpx.get(f"{backend.url}/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["error"] == "TooManyConnections"
        assert refused(backend, "TooManyConnections") == 1
        with httpx.Client(base_url=backend.url) as late:
            assert late.post("/api/v1/detections", json=DETECTION).status_code == 200
            stack.close()
            wait_until(lambda: len(table(backend)) <= 1)
            assert late.get("/").status_code == 200


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("said", "reason", "status"),
    [
        pytest.param(b"", "headers", b"408", id="nothing is said"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: lo", "headers", b"408", id="half a head"),
        pytest.param(HEAD + BODY[:9], "body", b"408", id="half a body"),
        pytest.param(
            b"GET /static/x/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
            None,
            b"404",
            id="no second head: closed without a word",
        ),
    ],
)
def test_what_takes_too_long_is_told_and_closed(
    backend: BackendProcess, said: bytes, reason: str | None, status: bytes
) -> None:
    with ExitStack() as stack:
        told = heard(connect(stack, backend, said))
    assert told.split(b"\r\n")[-1][:1] in (b"{", b"T")
    assert b" " + status + b" " in told
    assert (b"408" in told) == (status == b"408")
    if reason is not None:
        assert refused(backend, f"TooSlow:{reason}") == 1


@pytest.mark.usefixtures("soon")
def test_half_a_second_head_is_told_and_closed(backend: BackendProcess) -> None:
    with ExitStack() as stack:
        connection = connect(stack, backend, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in connection.recv(65_536)
        connection.sendall(b"GET /hea")
        assert b" 408 " in heard(connection)


def test_a_body_that_drips_is_given_so_long_in_all(
    backend: BackendProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(phases.RULES, Phase.BODY, PhaseLimit(0.5, 4))
    with ExitStack() as stack:
        slow = connect(stack, backend, HEAD)
        slow.settimeout(0.05)
        for byte in BODY:  # one every 50 ms: each comes in time, all of them never
            try:
                slow.sendall(bytes([byte]))
                if slow.recv(12):
                    break
            except TimeoutError:
                continue
        assert refused(backend, "TooSlow:body") == 1


@pytest.mark.usefixtures("soon")
def test_an_answer_that_nobody_reads_is_cut_off(backend: BackendProcess) -> None:
    with ExitStack() as stack:
        deaf = socket.socket()
        stack.enter_context(deaf)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", backend.port))
        ask = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        patience = Patience(20)
        while not refused(backend, "TooSlow:unread"):
            assert not patience.is_over()
            try:
                deaf.sendall(ask)
            except OSError:
                break
        wait_until(lambda: len(table(backend)) == 0)
    assert refused(backend, "TooSlow:unread") == 1


@pytest.mark.usefixtures("few")
def test_live_pages_are_so_many_and_the_rest_is_told(backend: BackendProcess) -> None:
    with httpx.Client(base_url=backend.url) as client, ExitStack() as stack:
        request = client.build_request("GET", "/events")
        first = client.send(request, stream=True)  # half of three from one address
        stack.callback(first.close)
        assert first.status_code == 200
        again = client.get("/events")
        assert (again.status_code, again.headers["Retry-After"]) == (503, "5")
        assert refused(backend, "TooManyStreams") == 1
        first.close()
        wait_until(lambda: not backend._server._streams._seats)
        with client.stream("GET", "/events") as answer:
            assert answer.status_code == 200


@pytest.mark.slow
def test_eleven_hundred_idle_sockets_stop_no_alarm(backend: BackendProcess) -> None:
    """As seen in the first release: with 1,024 descriptors, intake and paging stopped."""
    with ExitStack() as stack:
        for _ in range(1100):
            connect(stack, backend)
        began_s = time.monotonic()
        assert post(backend) == 200
        assert httpx.get(f"{backend.url}/i/1").status_code == 200
        assert time.monotonic() - began_s < 2
        assert figure(backend, "floorwatch_http_connections") <= 1002
