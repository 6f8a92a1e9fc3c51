"""Detections reach the backend in the order of each claim, however the backend behaves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from contract.detection import Phase
from contract.instants import ns
from gateway.backend_client import TOKEN_VARIABLE, BackendClient
from gateway.ledger import Ledger
from tests.support.brokers import free_port, wait_until
from tests.support.liars import NGINX_400, Liar, said
from tests.support.outbound import claim, outbound, told
from tests.support.receiver import Answer, Backend, Posted, Receiver, receipt
from tests.support.site_of_two import START_NS, site


def test_nothing_is_lost_while_the_backend_is_away_and_the_order_is_kept(tmp_path: Path) -> None:
    port = free_port()
    with outbound(tmp_path, f"http://127.0.0.1:{port}") as at:
        phases: tuple[Phase, ...] = ("onset", "update", "clear")
        for n in range(50):
            at.put(*(claim(n, phase, person=f"w-{n}") for phase in phases))
        wait_until(lambda: at.tally.counts().get("delivery_failures", 0) >= 3, "three attempts")
        assert at.depth() == 150
        with Backend(port) as backend:
            at.settled()
            sent = told(backend)
            assert len(sent) == 150
            for n in range(50):
                assert [phase for at_ns, phase in sent if at_ns == n] == list(phases)


def test_a_new_detection_does_not_wait_for_the_backoff_to_end(tmp_path: Path) -> None:
    with outbound(tmp_path, f"http://127.0.0.1:{free_port()}") as at:

        def attempts() -> int:
            return at.tally.counts().get("delivery_failures", 0)

        at.put(claim(0))
        wait_until(lambda: attempts() >= 1, "a first attempt")
        for _ in range(20):
            before = attempts()
            at.sender.kick()
            wait_until(partial(_more_than, attempts, before), "an attempt at once", 1.0)


def _more_than(count: Callable[[], int], before: int) -> bool:
    return count() > before


PASSING = [
    pytest.param((500, {}), id="an error of the backend"),
    pytest.param((503, {}), id="the backend is starting"),
    pytest.param((408, {}), id="a timeout"),
    pytest.param((429, {}), id="too many requests"),
    pytest.param((401, {}), id="a token that somebody must correct"),
    pytest.param((404, {}), id="an address that somebody must correct"),
    pytest.param((302, {}), id="a redirection to somebody else"),
    pytest.param((200, {"hello": "world"}), id="a stranger who says yes to everything"),
    pytest.param((200, None), id="yes, without a receipt"),
]


@pytest.mark.parametrize("first", PASSING)
def test_what_may_pass_is_tried_again_and_holds_up_its_own_claim_only(
    tmp_path: Path, first: Answer
) -> None:
    tries = 0

    def answer(posted: Posted) -> Answer:
        nonlocal tries
        if posted.json["onset_ns"] != START_NS:
            return 201, receipt(posted)
        tries += 1
        return (201, receipt(posted)) if tries > 3 else first

    with Receiver(answer) as receiver, outbound(tmp_path, receiver.url) as at:
        at.put(claim(0), claim(0, "clear"), claim(1))
        at.settled()
        sent = told(receiver)
        assert sent.count((0, "onset")) == 4
        assert sent.index((1, "onset")) < sent.index((0, "clear"))
        assert sent[-1] == (0, "clear")
        assert at.tally.counts()["delivered"] == 3


PROBLEM = b'{"type": "about:blank", "title": "Bad Request", "status": 400}'
TYPED = (
    b'{"error": "RefusedInputError", "detail": "x", "status": 422, "floorwatch": "refusal/1",'
    b' "about": "%b", "digest": "%b"}' % (b"0" * 32, b"0" * 64)
)
RECEIPT = b'{"about": "%b", "incident": 1, "created": true}' % (b"0" * 32)
LIES = [
    pytest.param(lambda: Liar(NGINX_400), id="nginx: plain HTTP was sent to an HTTPS port"),
    pytest.param(lambda: Liar(said("502 Bad Gateway", "text/html", b"<html>")), id="502"),
    pytest.param(lambda: Liar(said("404 Not Found", "text/html", b"")), id="404, empty"),
    pytest.param(lambda: Liar(said("409 Conflict", "application/json", b"{}")), id="409"),
    pytest.param(lambda: Liar(said("413 Too Large", "text/html", b"")), id="413 of a proxy"),
    pytest.param(lambda: Liar(said("400 Bad Request", "application/problem+json", PROBLEM)),
                 id="a stranger's problem"),
    pytest.param(lambda: Liar(said("422 No", "application/problem+json", TYPED)),
                 id="our refusal of something else"),
    pytest.param(lambda: Liar(said("200 OK", "text/html", b"<html>Log in to the Wi-Fi")),
                 id="a captive portal"),
    pytest.param(lambda: Liar(said("200 OK", "application/json", RECEIPT)),
                 id="a receipt for something else"),
    pytest.param(lambda: Liar(b""), id="hangs up without a word"),
    pytest.param(lambda: Liar(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"),
                 id="cut off in the middle"),
]  # fmt: skip


@pytest.mark.parametrize("liar", LIES)
def test_whatever_a_proxy_says_nothing_is_set_aside_and_all_is_delivered_when_it_stops(
    tmp_path: Path, liar: Callable[[], Liar]
) -> None:
    falls = tuple(claim(n, person=f"w-{n}") for n in range(4))
    with Backend() as backend, liar() as proxy:
        connect = partial(BackendClient, proxy.url, {}, 0.3)
        with outbound(tmp_path, connect=connect, put=falls) as at:
            wait_until(lambda: at.counted("delivery_failures") >= 10, "it to be lied to")
            assert at.depth() == 4
            proxy.honest = backend.port
            at.settled()
            assert sorted(told(backend)) == [(n, "onset") for n in range(4)]
            assert at.counted("delivered") == 4
            for never in ("detections_set_aside", "unreadable"):
                assert at.counted(never) == 0


def test_a_peer_that_drips_holds_one_detection_and_not_the_others(tmp_path: Path) -> None:
    """One claim hangs in every lane that takes it, and the worst still gets through."""
    hanging = threading.Event()

    def answer(posted: Posted) -> Answer:
        if posted.json["person"] == "w-0":
            hanging.wait(20)
        return 201, receipt(posted)

    with Receiver(answer) as receiver, outbound(tmp_path, receiver.url) as at:
        at.put(claim(0, person="w-0"), claim(1, person="w-0", kind="sos"))
        wait_until(lambda: told(receiver), "it to hang")
        at.put(*(claim(n, person=f"w-{n}") for n in range(2, 12)))
        wait_until(lambda: at.counted("delivered") == 10, "the others to be delivered")
        assert at.depth() == 2
        hanging.set()
        at.settled()


FALL_OF_ANOTHER = claim(7, person="b-holm", device="belt-2")


def test_four_thousand_presses_of_one_belt_are_a_few_posts(tmp_path: Path) -> None:
    presses = tuple(claim(n * ns(0.01), kind="sos") for n in range(4_000))
    with Backend() as backend, outbound(tmp_path, backend.url, put=presses) as at:
        at.put(FALL_OF_ANOTHER)
        at.settled()
        posts = backend.detections
    assert len(posts) < 20
    of_sos = [each for each in posts if each["kind"] == "sos"]
    assert sum(each["evidence"].get("times", 1) for each in of_sos) >= 4_000


def test_a_flood_that_cannot_be_folded_waits_for_itself_alone(tmp_path: Path) -> None:
    kinds = ("sos", "cancel")
    presses = tuple(claim(n * ns(0.01), kind=kinds[n % 2], lone=n % 3 == 0) for n in range(1_000))
    arrived = threading.Event()

    def answer(posted: Posted) -> Answer:
        if posted.json["person"] == "b-holm":
            arrived.set()
        arrived.wait(20)
        return 201, receipt(posted)

    put = (*presses, FALL_OF_ANOTHER)
    with Receiver(answer) as receiver, outbound(tmp_path, receiver.url, put=put):
        assert arrived.wait(20), "the other's fall waits for the flood"
        before = [each.json["person"] for each in receiver.posts]
        assert before[: before.index("b-holm")].count("n-falk") <= 1


def test_a_later_process_sends_what_an_earlier_one_left(tmp_path: Path) -> None:
    with Ledger(tmp_path, site()) as ledger:
        ledger.put([claim(0)], START_NS)
    with Backend() as backend, outbound(tmp_path, backend.url) as at:
        at.settled()
        assert told(backend) == [(0, "onset")]


def test_what_was_never_written_down_is_sent_all_the_same(tmp_path: Path) -> None:
    with Backend() as backend, outbound(tmp_path, backend.url) as at:
        at.sender.urgent([claim(0)])
        at.settled()
        assert told(backend) == [(0, "onset")]


def test_commands_of_the_receipt_are_passed_on(tmp_path: Path) -> None:
    ask = {"id": "a", "device": "belt-2", "command": "ask-all-right", "expires_ns": START_NS}
    with Backend() as backend, outbound(tmp_path, backend.url) as at:
        backend.commands.append(ask)
        at.put(claim(0))
        at.settled()
        wait_until(lambda: at.commands, "the command")
        ((agent, command),) = at.commands
        assert (agent, command.id, command.device) == ("edge-2", "a", "belt-2")


@pytest.mark.parametrize(
    ("device", "wanted", "windows"),
    [
        pytest.param("belt-1", True, 1, id="an accelerometer"),
        pytest.param("belt-1", False, 0, id="the backend wants none"),
        pytest.param("reader-1", True, 0, id="a reader has no waveform"),
    ],
)
def test_evidence_is_pushed_where_there_is_some(
    tmp_path: Path, device: str, wanted: bool, windows: int
) -> None:
    def answer(posted: Posted) -> Answer:
        return 201, {**receipt(posted), "evidence_wanted": wanted}

    with Receiver(answer) as receiver, outbound(tmp_path, receiver.url) as at:
        at.put(claim(0, device=device), claim(0, "update", device=device))
        at.settled()
        assert len(at.ledger.outbox.open_windows()) == windows


@pytest.mark.parametrize(
    ("token", "header"),
    [pytest.param("s3cret", "Bearer s3cret", id="set"), pytest.param(None, None, id="not set")],
)
def test_the_token_of_the_environment_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None, header: str | None
) -> None:
    setting: Callable[..., None] = monkeypatch.setenv if token else monkeypatch.delenv
    setting(TOKEN_VARIABLE, token) if token else setting(TOKEN_VARIABLE, raising=False)
    with Backend() as backend, outbound(tmp_path, backend.url) as at:
        at.put(claim(0))
        at.settled()
        assert backend.posts[0].headers.get("Authorization") == header
