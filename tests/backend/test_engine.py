"""The engine on its own thread, with real channels beside each other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from pydantic import PrivateAttr

from backend.api.examples import DETECTION
from backend.errors import DeliveryError
from backend.paging.channel import Channel
from backend.paging.channels.smtp import SmtpChannel
from backend.paging.channels.webhook import WebhookChannel
from backend.paging.page import Page
from backend.people.contact import Contact
from backend.runtime import BackendProcess
from tests.support.brokers import wait_until
from tests.support.mailserver import MailServer
from tests.support.pages import paging_site
from tests.support.patience import Patience
from tests.support.receiver import Receiver

DEADLINE_S = 20


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A mail server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


class Slow(Channel):
    """Takes its time, and takes no page."""

    kind: ClassVar[str] = "slow"

    _tried: list[int] = PrivateAttr(default_factory=list)

    def reaches(self, contact: Contact) -> bool:
        return True

    def send(self, page: Page) -> str:
        self._tried.append(page.id)
        threading.Event().wait(0.3)
        raise DeliveryError("too slow", permanent=False)

    @property
    def tried(self) -> list[int]:
        return self._tried


def smtp(port: int, timeout_s: float = 5) -> SmtpChannel:
    return SmtpChannel(
        host="127.0.0.1",
        port=port,
        starttls=False,
        sender="floorwatch@hall7.example",
        timeout_s=timeout_s,
    )


def fall(backend: BackendProcess, number: int) -> None:
    now_ns = backend.clock()
    body = {
        **DETECTION,
        "id": f"{number:032x}",
        "person": f"visitor-{number}",
        "onset_ns": now_ns,
        "decided_ns": now_ns,
    }
    httpx.post(f"{backend.url}/api/v1/detections", json=body).raise_for_status()


def wait_for(what: list[object], count: int) -> None:
    patience = Patience(DEADLINE_S)
    while len(what) < count:
        assert not patience.is_over(), f"{len(what)} of {count} after {DEADLINE_S} s"
        threading.Event().wait(0.01)


def test_each_page_arrives_once_by_mail_and_by_webhook(tmp_path: Path) -> None:
    with (
        MailServer() as mails,
        Receiver() as hook,
        BackendProcess(
            paging_site(),
            state_dir=tmp_path,
            channels=[smtp(mails.port), WebhookChannel(url=hook.url)],
        ) as backend,
    ):
        for number in range(5):
            fall(backend, number)
        wait_for(mails.mails, 10)  # type: ignore[arg-type]
        wait_for(hook.posts, 10)  # type: ignore[arg-type]
        patience = Patience(DEADLINE_S)
        while {page.status for page in backend.parts.reader.pages()} != {"sent"}:
            assert not patience.is_over()
        assert len({mail["Message-ID"] for mail in mails.mails}) == len(mails.mails) == 10
        assert len({post.headers["Idempotency-Key"] for post in hook.posts}) == 10


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param("mail", id="554 for a while, then well"),
        pytest.param("hook", id="404 for a while, as in a deploy, then well"),
    ],
)
def test_a_hard_answer_ends_nothing(tmp_path: Path, database_url: str, channel: str) -> None:
    with MailServer() as mails, Receiver() as hook:
        mails.answer = "554 not wanted"
        hook.answer = lambda posted: (404, {})
        used = smtp(mails.port) if channel == "mail" else WebhookChannel(url=hook.url)
        with BackendProcess(
            paging_site(), state_dir=tmp_path, database_url=database_url, channels=[used]
        ) as backend:
            fall(backend, 1)
            wait_until(
                lambda: any(page.step == 1 for page in backend.parts.reader.pages()),
                "the ladder does not wait for who cannot be reached",
            )
            wait_until(
                lambda: all(page.error for page in backend.parts.reader.pages()), "all were refused"
            )
            mails.answer, hook.answer = "250 taken", lambda posted: (200, {})
            wait_until(
                lambda: {page.status for page in backend.parts.reader.pages()} == {"sent"},
                "everybody is reached after all",
            )


@pytest.mark.slow
def test_nobodys_first_try_waits_behind_retries(tmp_path: Path) -> None:
    """Mail that takes a minute for each message: every try fails, and all come again."""
    slow = Slow()
    with BackendProcess(
        paging_site(), state_dir=tmp_path, channels=[slow], engine="manual"
    ) as backend:
        for number in range(40):
            fall(backend, number)
        backend.engine.start()  # all of it is due at once
        wait_until(lambda: len(set(slow.tried)) >= 80, "each page was tried", 120)
    first = [slow.tried.index(page) for page in set(slow.tried)]
    retries = max(first) + 1 - len(first)
    assert retries <= len(first), "retries have half of the places at most"


@pytest.mark.slow
def test_a_mail_server_that_hangs_delays_no_other_channel(
    tmp_path: Path, silent_server: int
) -> None:
    with (
        Receiver() as hook,
        BackendProcess(
            paging_site(),
            state_dir=tmp_path,
            channels=[smtp(silent_server, timeout_s=2), WebhookChannel(url=hook.url)],
        ) as backend,
    ):
        began_s = time.monotonic()
        for number in range(10):  # more hanging mails than the mail channel has workers
            fall(backend, number)
        wait_for(hook.posts, 20)  # type: ignore[arg-type]
        took_s = time.monotonic() - began_s
        mails = [page for page in backend.parts.reader.pages() if page.channel == "smtp"]
    assert {page.status for page in mails} <= {"due", "sending"}
    assert took_s < DEADLINE_S
