"""A webhook by https: to the receiver's own name, and by a proxy only where the site says so."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.errors import DeliveryError
from backend.paging.channels.webhook import WebhookChannel
from backend.paging.trust import trusted
from tests.support.certificates import Authority
from tests.support.connect_proxy import ConnectProxy
from tests.support.paged import a_page
from tests.support.receiver import Receiver
from tests.support.rough_peer import Manner, RoughPeer

SHORT_S = 1.0
PATIENCE_S = 15.0
VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """An authority that this machine believes."""
    made = Authority(tmp_path / "certificates")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    trusted.cache_clear()
    yield made
    trusted.cache_clear()


def shown_by(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    mine = authority.issue("receiver")
    context.load_cert_chain(mine.file, mine.key)
    return context


def secured(receiver: Receiver) -> str:
    return receiver.url.replace("http:", "https:")


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    with Receiver(tls=shown_by(authority)) as receiver:
        yield receiver


def test_a_proxy_of_the_environment_gets_nothing(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy() as proxy:
        for name in VARIABLES:
            monkeypatch.setenv(name, proxy.url)
        assert WebhookChannel(url=secured(receiver)).send(a_page()) == "http-200"
        assert (len(receiver.posts), proxy.asked) == (1, [])


@pytest.mark.parametrize("named", [True, False], ids=["by address", "that of the environment"])
def test_a_proxy_that_the_site_names_tunnels_and_reads_nothing(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    with ConnectProxy() as proxy:
        for name in VARIABLES:
            monkeypatch.setenv(name, proxy.url)
        by = proxy.url.replace("//", "//floorwatch:secret@") if named else "environment"
        assert (
            WebhookChannel(url=f"{secured(receiver)}/pages", proxy=by).send(a_page()) == "http-200"
        )
        (head,) = proxy.asked
        assert head.startswith(f"CONNECT {secured(receiver).removeprefix('https://')} HTTP/1.")
        assert ("Proxy-Authorization: Basic" in head) is named
        assert b"karin-ek" not in proxy.passed
    (posted,) = receiver.posts
    assert posted.path == "/pages"
    assert "Proxy-Authorization" not in posted.headers


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_says_no_is_tried_again(receiver: Receiver, status: str) -> None:
    with ConnectProxy(f"HTTP/1.1 {status}\r\n\r\n".encode()) as proxy:
        with pytest.raises(DeliveryError, match=status[:3]) as failed:
            WebhookChannel(url=secured(receiver), proxy=proxy.url).send(a_page())
        assert not failed.value.permanent
    assert not receiver.posts


def test_a_receiver_that_nobody_vouches_for_gets_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    with (
        Receiver(tls=shown_by(stranger)) as receiver,
        pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        WebhookChannel(url=secured(receiver)).send(a_page())
    assert not receiver.posts


@pytest.mark.parametrize("manner", [Manner.SILENT, Manner.DRIPS, Manner.ENDLESS], ids=str)
def test_a_handshake_that_does_not_end_is_cut_off(authority: Authority, manner: Manner) -> None:
    # The beginning of a record of a handshake, 16 kB long, which it never finishes.
    with RoughPeer(manner, b"\x16\x03\x03\x40\x00", goes_on=b"\x00") as peer:
        _is_cut_off(f"https://127.0.0.1:{peer.port}")


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(b"", id="no word"),
        pytest.param(b"HTTP/1.1 200 OK\r\nServer: ", id="a head without an end"),
        pytest.param(b"HTTP/1.1 500 No\r\n\r\n", id="an error's body without an end"),
    ],
)
def test_a_peer_that_drips_inside_the_encryption_is_cut_off(
    authority: Authority, says: bytes
) -> None:
    with dripping(shown_by(authority), says) as url:
        _is_cut_off(url)


def test_what_was_taken_stays_taken_however_its_talk_drips(authority: Authority) -> None:
    with dripping(shown_by(authority), b"HTTP/1.1 200 OK\r\n\r\n", at_once=True) as url:
        assert WebhookChannel(url=url, timeout_s=SHORT_S).send(a_page()) == "http-200"


def _is_cut_off(url: str) -> None:
    began_s = time.monotonic()
    with pytest.raises(DeliveryError) as failed:
        WebhookChannel(url=url, timeout_s=SHORT_S).send(a_page())
    assert not failed.value.permanent
    assert time.monotonic() - began_s < PATIENCE_S


@contextmanager
def dripping(context: ssl.SSLContext, says: bytes, *, at_once: bool = False) -> Iterator[str]:
    """Yield the address of a peer that greets as TLS does, and then says a byte at a time."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            taken, _ = listener.accept()
            with contextlib.suppress(OSError), context.wrap_socket(taken, server_side=True) as peer:
                text = says
                if at_once:
                    peer.sendall(text)
                    text = b""
                while not over.wait(0.02):
                    byte, text = text[:1] or b"a", text[1:]
                    peer.sendall(byte)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        thread.join()
