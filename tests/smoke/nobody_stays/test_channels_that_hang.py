"""Row 6: channels that drip or never end cost their own page some seconds, and nobody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from backend.api.examples import DETECTION
from backend.paging.channel import Channel
from backend.paging.channels.smtp import SmtpChannel
from backend.paging.channels.webhook import WebhookChannel
from backend.runtime import BackendProcess
from contract.detection import detection_id
from contract.instants import ns
from tests.support.brokers import wait_until
from tests.support.liars import Liar
from tests.support.pages import paging_site
from tests.support.receiver import Receiver
from tests.support.rough_peer import Manner, RoughPeer

pytestmark = pytest.mark.slow

FALLS = 8
PAGES = 2 * FALLS
TIMEOUT_S = 1.0
SOON_S = 10.0
HEAD = b"HTTP/1.1 200 OK\r\nX-Slow: "
GREETING = b"220 "


def hook(port: int) -> Channel:
    return WebhookChannel(url=f"http://127.0.0.1:{port}/", timeout_s=TIMEOUT_S)


def mail(port: int) -> Channel:
    return SmtpChannel(
        host="127.0.0.1", port=port, starttls=False, sender="floorwatch@hall7.example",
        timeout_s=TIMEOUT_S,
    )  # fmt: skip


def falls(backend: BackendProcess) -> None:
    for number in range(FALLS):
        now_ns = backend.clock()
        person = f"visitor-{number}"
        claim = {
            "id": detection_id("fall", f"person:{person}", now_ns), "person": person,
            "device": "belt-12", "onset_ns": now_ns - ns(2.5), "decided_ns": now_ns,
        }  # fmt: skip
        url = f"{backend.url}/api/v1/detections"
        httpx.post(url, json=DETECTION | claim, timeout=20).raise_for_status()


def statuses(backend: BackendProcess, channel: str) -> list[str]:
    return [page.status for page in backend.parts.reader.pages() if page.channel == channel]


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


@pytest.mark.parametrize(
    ("channel", "liar"),
    [
        pytest.param(hook, lambda: Liar(HEAD, drip_s=0.2, endless=True), id="a webhook that drips"),
        pytest.param(hook, lambda: Liar(HEAD, endless=True), id="a webhook without an end"),
    ],
)
def test_others_are_called_at_once_and_it_works_again_without_a_restart(
    tmp_path: Path, database_url: str, channel: Callable[[int], Channel], liar: Callable[[], Liar]
) -> None:
    with Receiver() as good, Receiver() as mended, liar() as bad:
        channels = (channel(bad.port), hook(good.port))
        with BackendProcess(
            paging_site(), state_dir=tmp_path, database_url=database_url, channels=channels
        ) as backend:
            before_mb, began_s = resident_mb(), time.monotonic()
            falls(backend)
            wait_until(lambda: len(good.posts) >= PAGES, "the good channel's pages", SOON_S)
            wait_until(lambda: bad.lies >= PAGES, "each page to be tried on the bad one", 30)
            assert resident_mb() - before_mb < 100
            bad.honest = mended.port
            wait_until(lambda: set(statuses(backend, "webhook")) == {"sent"}, "the rest", 60)
            # The watchman has called about the channel as well; that is another incident.
            about_people = [post for post in mended.posts if post.json["kind"] != "canary"]
            assert len({post.headers["Idempotency-Key"] for post in about_people}) == PAGES
            assert time.monotonic() - began_s < 60
            assert backend.alive
        assert [t.name for t in threading.enumerate() if t.name.startswith("page-")] == []


def test_a_mail_server_that_drips_frees_its_workers(tmp_path: Path, database_url: str) -> None:
    with Receiver() as good, _DrippingMail() as bad:
        channels = (mail(bad.port), hook(good.port))
        with BackendProcess(
            paging_site(), state_dir=tmp_path, database_url=database_url, channels=channels
        ) as backend:
            falls(backend)
            wait_until(lambda: len(good.posts) >= PAGES, "the good channel's pages", SOON_S)
            wait_until(lambda: bad.met >= PAGES, "each mail to be tried", 30)
            wait_until(
                lambda: all(
                    page.error for page in backend.parts.reader.pages() if page.channel == "smtp"
                ),
                "each to be given up for now",
                30,
            )
            assert backend.engine.hung == {"smtp": 0, "webhook": 0}


class _DrippingMail(RoughPeer):
    """Greets a letter at a time, for ever."""

    def __init__(self) -> None:
        super().__init__(Manner.DRIPS, says=GREETING)
