"""The whole of a hand-off has one deadline, whatever stands between."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from backend.paging import resolver
from backend.paging.deadline import LONGEST_S, Deadline
from backend.paging.resolver import LOOK_UPS, addresses
from tests.support.certificates import Authority
from tests.support.rough_peer import Manner, RoughPeer

SHORT_S = 0.3
DEADLINE_S = 20.0


def test_a_byte_at_a_time_does_not_put_it_off() -> None:
    with RoughPeer(Manner.DRIPS) as peer, Deadline(SHORT_S) as deadline:
        with deadline.connect("127.0.0.1", peer.port) as connection:
            while connection.recv(1):
                pass  # each arrives well within the socket's own timeout
        assert deadline.over
        with pytest.raises(TimeoutError, match=r"longer than 0\.3 s"):
            deadline.check()


def test_it_holds_through_what_was_wrapped_around_the_connection(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    mine = authority.issue("peer")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(mine.file, mine.key)
    client = ssl.create_default_context(cafile=str(authority.file))
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            taken, _ = listener.accept()
            with server.wrap_socket(taken, server_side=True) as secured:
                try:
                    while not over.wait(0.02):
                        secured.sendall(b"a")
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        with Deadline(1.0) as deadline:
            plain = deadline.connect("127.0.0.1", listener.getsockname()[1])
            with client.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                began_s = time.monotonic()
                try:
                    while secured.recv(1):
                        pass
                except OSError:
                    pass  # an end that TLS did not announce
            assert deadline.over
            assert time.monotonic() - began_s < DEADLINE_S
        over.set()
        thread.join()


def test_one_address_that_swallows_everything_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as stack, RoughPeer(Manner.SILENT) as peer:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # its queue is full: whoever else comes hears nothing
            waits = stack.enter_context(socket.socket())
            waits.setblocking(False)
            waits.connect_ex(full.getsockname())
        two = [(socket.AF_INET, each) for each in (full.getsockname(), ("127.0.0.1", peer.port))]
        monkeypatch.setattr("backend.paging.deadline.addresses", lambda *_: two)
        with Deadline(2.0) as deadline, deadline.connect("both", 1) as connection:
            assert connection.getpeername()[1] == peer.port
            assert not deadline.over


def test_no_deadline_is_longer_than_the_longest() -> None:
    with Deadline(3600) as deadline:
        assert deadline.left_s <= LONGEST_S


def test_a_timeout_that_is_met_shuts_nothing() -> None:
    with RoughPeer(Manner.DRIPS) as peer:
        with Deadline(SHORT_S) as deadline:
            connection = deadline.connect("127.0.0.1", peer.port)
        with connection, Deadline(SHORT_S * 3) as later:
            while not later.over:
                assert connection.recv(1), "a connection that was let go is nobody's to shut"


@pytest.fixture
def dead_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A resolver that does not answer, and whom it was asked for."""
    over, asked = threading.Event(), []
    real = socket.getaddrinfo

    def ask(host: str, *args: object, **how: object) -> object:
        if host.endswith(".example"):
            asked.append(host)
            over.wait()
        return real("127.0.0.1", *args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    monkeypatch.setattr(resolver, "_ask_numeric", lambda host, port: None)
    resolver.forget()
    yield asked
    over.set()
    _wait_for_no_look_ups()
    resolver.forget()


def _wait_for_no_look_ups() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("dns-"):
            thread.join(DEADLINE_S)


def test_a_resolver_that_hangs_holds_nobody_and_no_more_than_a_thread_a_name(
    dead_resolver: list[str],
) -> None:
    for _ in range(5):
        with pytest.raises(TimeoutError, match="could not be looked up"):
            addresses("mail.example", 25, 0.05)
    assert dead_resolver == ["mail.example"]


def test_however_many_names_hang_the_threads_are_bounded(dead_resolver: list[str]) -> None:
    for number in range(LOOK_UPS * 2):
        with pytest.raises(TimeoutError):
            addresses(f"host-{number}.example", 25, 0.01)
    assert len(dead_resolver) == LOOK_UPS


def test_what_the_resolver_said_before_counts_while_it_hangs(dead_resolver: list[str]) -> None:
    known = [(socket.AF_INET, ("127.0.0.1", 25))]
    resolver.remember("mail.example", 25, known)
    assert addresses("mail.example", 25, 0.05) == known
