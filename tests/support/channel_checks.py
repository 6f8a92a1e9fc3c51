"""What every paging channel promises. A new channel is held to this without a line of its own.

It only has to say, in `STAGES`, how it is put before a peer.
"""

from __future__ import annotations

import os
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from backend.errors import DeliveryError
from backend.paging.channel import Channel
from backend.paging.channels.console import ConsoleChannel
from backend.paging.channels.smtp import SmtpChannel
from backend.paging.channels.webhook import WebhookChannel
from backend.paging.deadline import LONGEST_S
from backend.people.contact import Contact
from tests.support.brokers import wait_until
from tests.support.mailserver import MailServer
from tests.support.paged import a_page
from tests.support.receiver import Receiver
from tests.support.rough_peer import Manner, RoughPeer

TIMEOUT_S = 1.0
MARGIN_S = 5.0
"""A busy machine; a channel that kept no deadline at all would take for ever."""
KEPT_BYTES = 2_000_000
"""The memory that a hand-off may need, whatever the other side says."""

Keys = Callable[[], Sequence[str]]
"""By what a receiver tells each copy that it got."""


@dataclass(frozen=True)
class Stage:
    """How one kind of channel is put before a peer."""

    well: Callable[[], AbstractContextManager[tuple[Channel, Keys]]]
    """A channel before somebody who takes every page."""
    at: Callable[[int], Channel] | None = None
    """A channel that speaks to this port on loopback; None for one without a network."""
    says: bytes = b""
    goes_on: bytes = b"a"
    """The beginning and the rest of an answer without an end."""


def smtp_at(port: int) -> SmtpChannel:
    """Return a mail channel without encryption, as a test server wants it."""
    return SmtpChannel(
        host="127.0.0.1",
        port=port,
        starttls=False,
        sender="floorwatch@hall7.example",
        timeout_s=TIMEOUT_S,
    )


def webhook_at(port: int) -> WebhookChannel:
    """Return a webhook to a port."""
    return WebhookChannel(url=f"http://127.0.0.1:{port}/pages", timeout_s=TIMEOUT_S)


@contextmanager
def _mail() -> Iterator[tuple[Channel, Keys]]:
    with MailServer() as server:
        yield smtp_at(server.port), lambda: [str(mail["Message-ID"]) for mail in server.mails]


@contextmanager
def _hook() -> Iterator[tuple[Channel, Keys]]:
    with Receiver() as receiver:
        yield (
            webhook_at(receiver.port),
            lambda: [
                f"{posted.headers['Idempotency-Key']} {posted.body!r}" for posted in receiver.posts
            ],
        )


@contextmanager
def _screen() -> Iterator[tuple[Channel, Keys]]:
    yield ConsoleChannel(), lambda: ["the screen"] * 2


STAGES: dict[str, Stage] = {
    "smtp": Stage(_mail, smtp_at, b"220-", b"220-well\r\n"),
    "webhook": Stage(_hook, webhook_at, b"HTTP/1.1 200 OK\r\nX: "),
    "console": Stage(_screen),
}
"""By kind. A channel that is not here fails with a sentence that says so."""


def check_takes_a_page(stage: Stage) -> None:
    """Otherwise every other check would hold for nothing."""
    with stage.well() as (channel, keys):
        assert channel.send(a_page())
        assert keys()


def check_a_repeat_has_the_same_key(stage: Stage) -> None:
    """Whoever gets a page twice, after a crash, can tell that it is one."""
    with stage.well() as (channel, keys):
        first = channel.send(a_page())
        assert channel.send(a_page(repeat=True)) == first
        assert len(set(keys())) == 1
        assert len(keys()) == 2


def check_knows_whom_it_reaches(stage: Stage) -> None:
    """It is asked about people of whom nothing is known."""
    with stage.well() as (channel, _):
        for contact in (
            Contact(person="a", name="A"),
            Contact(person="a", name="A", email="a@hall7.example", phone="+46700000000"),
        ):
            assert channel.reaches(contact) in (True, False)
            assert isinstance(channel.receiver(contact), str | None)


def check_names_its_deadline(stage: Stage) -> None:
    """No hand-off is waited for longer."""
    with stage.well() as (channel, _):
        assert 0 < channel.deadline_s <= LONGEST_S


def check_settings_round_trip(stage: Stage) -> None:
    """Settings survive being written to a file."""
    with stage.well() as (channel, _):
        assert type(channel).model_validate_json(channel.model_dump_json()) == channel


def check_bears(manner: Manner, stage: Stage) -> None:
    """Whatever the other side does: DeliveryError, in time, in little memory, nothing left open."""
    if stage.at is None:
        return
    with RoughPeer(manner, stage.says, stage.goes_on) as peer:
        channel = stage.at(peer.port)
        with pytest.raises(DeliveryError):
            channel.send(a_page())  # what is made once (a watch, a context) is made now
        open_before, threads_before = _open_files(), threading.active_count()
        tracemalloc.start()
        began_s = time.monotonic()
        try:
            with pytest.raises(DeliveryError) as failed:
                channel.send(a_page())
            took_s = time.monotonic() - began_s
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not failed.value.permanent, "a peer that says nothing of ours has refused nobody"
        assert took_s < channel.deadline_s + MARGIN_S
        assert peak_bytes < KEPT_BYTES
        assert peer.met == 2
        # The peer keeps its own ends; ours are closed.
        wait_until(lambda: _open_files() <= open_before + 1, "our connections are closed")
        assert threading.active_count() <= threads_before + 1, "a thread of ours is left"


Check = Callable[[Stage], None]

CHECKS: dict[str, Check] = {
    "takes a page": check_takes_a_page,
    "a repeat has the same key": check_a_repeat_has_the_same_key,
    "knows whom it reaches": check_knows_whom_it_reaches,
    "names its deadline": check_names_its_deadline,
    "settings round trip": check_settings_round_trip,
    **{f"bears a peer that {manner}": partial(check_bears, manner) for manner in Manner},
}


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
