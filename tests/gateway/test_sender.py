"""Detections reach the backend in the order of each claim, however the backend behaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contract.command import Command
from contract.detection import Detection, Phase, detection_id
from contract.severity import Facts, assess
from gateway.backend_client import TOKEN_VARIABLE
from gateway.ledger import Ledger
from gateway.sender import Sender
from gateway.tally import Tally
from tests.support.brokers import free_port, wait_until
from tests.support.receiver import Answer, Backend, Posted, Receiver, receipt
from tests.support.site_of_two import START_NS, site

def claim(
    n: int,
    phase: Phase = "onset",
    device: str = "belt-1",
    person: str | None = "n-falk",
    kind: str = "fall",
    **facts: Any,
) -> Detection:
    onset_ns = START_NS + n
    known = Facts(kind=kind, **facts)
    return Detection(
        id=detection_id(kind, f"person:{person}", onset_ns),
        kind=kind,
        phase=phase,
        site="dock-2",
        device=device,
        person=person,
        onset_ns=onset_ns,
        decided_ns=onset_ns + 2,
        confidence=1,
        reason="a test",
        facts=known,
        assessment=assess(known),
    )


class Post:
    """A sender over a real outbox; `put` stands for the worker's commit."""

    def __init__(self, folder: Path, url: str) -> None:
        self.ledger = Ledger(folder, site())
        self.tally = Tally()
        self.commands: list[tuple[str | None, Command]] = []
        self.sender = Sender(
            site(),
            folder,
            url,
            lambda agent, command: self.commands.append((agent, command)),
            lambda: None,
            lambda waited_s: None,
            self.tally,
            lambda: START_NS,
        )

    def put(self, *detections: Detection) -> None:
        self.ledger.put(detections, START_NS)
        self.sender.kick()

    def depth(self) -> int:
        return self.ledger.outbox.depth + self.sender.urgent_depth

    def settled(self) -> None:
        wait_until(lambda: self.depth() == 0, "the outbox to be empty")


@contextmanager
def post(folder: Path, url: str) -> Iterator[Post]:
    opened = Post(folder, url)
    opened.sender.start()
    try:
        yield opened
    finally:
        opened.sender.stop()
        opened.ledger.close()


def told(receiver: Receiver) -> list[tuple[int, str]]:
    return [(p.json["onset_ns"] - START_NS, p.json["phase"]) for p in list(receiver.posts)]


def test_nothing_is_lost_while_the_backend_is_away_and_the_order_is_kept(tmp_path: Path) -> None:
    port = free_port()
    with post(tmp_path, f"http://127.0.0.1:{port}") as at:
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
    with post(tmp_path, f"http://127.0.0.1:{free_port()}") as at:

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

    with Receiver(answer) as receiver, post(tmp_path, receiver.url) as at:
        at.put(claim(0), claim(0, "clear"), claim(1))
        at.settled()
        sent = told(receiver)
        assert sent.count((0, "onset")) == 4
        assert sent.index((1, "onset")) < sent.index((0, "clear"))
        assert sent[-1] == (0, "clear")
        assert at.tally.counts()["delivered"] == 3


def test_a_later_process_sends_what_an_earlier_one_left(tmp_path: Path) -> None:
    with Ledger(tmp_path, site()) as ledger:
        ledger.put([claim(0)], START_NS)
    with Backend() as backend, post(tmp_path, backend.url) as at:
        at.settled()
        assert told(backend) == [(0, "onset")]


def test_what_was_never_written_down_is_sent_all_the_same(tmp_path: Path) -> None:
    with Backend() as backend, post(tmp_path, backend.url) as at:
        at.sender.urgent([claim(0)])
        at.settled()
        assert told(backend) == [(0, "onset")]


def test_commands_of_the_receipt_are_passed_on(tmp_path: Path) -> None:
    ask = {"id": "a", "device": "belt-2", "command": "ask-all-right", "expires_ns": START_NS}
    with Backend() as backend, post(tmp_path, backend.url) as at:
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

    with Receiver(answer) as receiver, post(tmp_path, receiver.url) as at:
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
    with Backend() as backend, post(tmp_path, backend.url) as at:
        at.put(claim(0))
        at.settled()
        assert backend.posts[0].headers.get("Authorization") == header
