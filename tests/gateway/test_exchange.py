"""One exchange ends by its deadline and takes in a few kB, whatever the other side does."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import ExchangeError, UnreachableError
from gateway.exchange import Exchange, Reply
from tests.support.brokers import free_port
from tests.support.certificates import Authority
from tests.support.liars import Liar, said
from tests.support.receiver import Answer, Posted, Receiver

DEADLINE_S = 0.3
PATIENCE_S = 10.0
"""A test is not about a machine that has much else to do; whoever drips would take far longer."""
OK = said("200 OK", "application/json", b"{}")


def exchange(url: str, deadline_s: float = PATIENCE_S) -> Exchange:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
    return Exchange(url, headers, deadline_s=deadline_s, connect_s=2.0)


def test_a_line_is_kept_and_the_whole_answer_comes_back() -> None:
    with Receiver(lambda posted: (201, {"path": posted.path})) as receiver:
        line = exchange(f"{receiver.url}/behind/")
        for _ in range(3):
            reply = line.post("/api", b"{}", 1_000)
            assert reply == Reply(201, "application/json", b'{"path": "/behind/api"}')
        assert receiver.connections == 1
        line.close()
        told = receiver.posts[0].headers
        assert (told["Host"], told["Authorization"]) == (f"127.0.0.1:{receiver.port}", "Bearer x")


def test_a_line_that_was_hung_up_meanwhile_is_replaced_and_the_request_is_made_once() -> None:
    with Receiver() as receiver:
        line = exchange(receiver.url)
        line.post("/a", b"1", 100)
        receiver.hang_up()
        assert line.post("/b", b"2", 100).status == 200
        assert [posted.path for posted in receiver.posts] == ["/a", "/b"]
        line.close()


DRIPS: list[object] = [
    pytest.param(lambda: Liar(OK, drip_s=0.05), id="a byte now and then, of the headers too"),
    pytest.param(lambda: Liar(said("200 OK", "a/b", b"")[:-2] + b"A: b\r\n", drip_s=0.05,
                              endless=True), id="headers without end"),
    pytest.param(lambda: Liar(b""), id="nothing at all"),
    pytest.param(lambda: Liar(b"HTTP/1.1 100 Continue\r\n\r\n", drip_s=0.01, endless=True),
                 id="go on, go on"),
]  # fmt: skip


@pytest.mark.parametrize("liar", DRIPS)
def test_a_peer_that_drips_holds_nobody_beyond_the_deadline(liar: Callable[[], Liar]) -> None:
    with liar() as peer:
        line = exchange(peer.url, DEADLINE_S)
        began_s = time.monotonic()
        with pytest.raises(ExchangeError):
            line.post("/a", b"{}", 1_000)
        assert time.monotonic() - began_s < PATIENCE_S
        line.close()


ENDLESS: list[object] = [
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nx", id="a length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx", id="until it hangs up"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\nx",
                 id="one chunk"),
    pytest.param(b"HTTP/1.1 200 OK\r\nA: x", id="one header"),
    pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: %b\r\n" % (b"x" * 60_000) * 40
                 + b"Content-Length: 1\r\n\r\nx", id="many headers"),
]  # fmt: skip


@pytest.mark.parametrize("lie", ENDLESS)
def test_an_answer_without_end_is_not_read_to_its_end(lie: bytes) -> None:
    with Liar(lie, endless=True) as peer:
        line = exchange(peer.url)
        with pytest.raises(ExchangeError):
            line.post("/a", b"{}", 1_000)
        line.close()


BROKEN: list[object] = [
    pytest.param(b"\r\n\r\n", id="no status"),
    pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", id="less than nothing"),
    pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", id="no number"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="no chunk"),
]


@pytest.mark.parametrize("lie", BROKEN)
def test_what_is_no_http_is_no_answer(lie: bytes) -> None:
    with Liar(lie) as peer:
        line = exchange(peer.url, DEADLINE_S)
        with contextlib.suppress(ExchangeError):
            assert line.post("/a", b"{}", 1_000).body == b""
        line.close()


def test_nobody_there_is_told_from_a_wrong_answer() -> None:
    with pytest.raises(UnreachableError):
        exchange(f"http://127.0.0.1:{free_port()}").post("/a", b"{}", 100)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with Receiver() as receiver:
        line = exchange(receiver.url)
        assert line.post("/a", b"{}", 100).status == 200
        line.close()


def silent(posted: Posted) -> Answer:
    threading.Event().wait(PATIENCE_S)
    return 200, {}


@pytest.mark.slow
def test_the_same_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    mine = authority.issue("backend")

    def believing(**_: object) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=authority.file)

    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(mine.file, mine.key)
    with Receiver(tls=served) as receiver:
        url = receiver.url.replace("http:", "https:")
        with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            exchange(url).post("/a", b"{}", 100)
        monkeypatch.setattr("gateway.exchange.httpx.create_ssl_context", believing)
        line = exchange(url, DEADLINE_S * 10)
        for _ in range(2):
            assert line.post("/a", b"x" * 500_000, 100).body == b"{}"
        assert receiver.connections == 1
        receiver.answer = silent
        with pytest.raises(ExchangeError, match=r"in time|timed out"):
            exchange(url, DEADLINE_S).post("/a", b"{}", 100)
        line.close()
