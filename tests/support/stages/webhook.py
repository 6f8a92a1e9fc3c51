"""The webhook, before a server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backend.paging.channel import Channel
from backend.paging.channels.webhook import WebhookChannel
from tests.support.receiver import Receiver
from tests.support.stage import TIMEOUT_S, Keys, Stage


def webhook_at(port: int) -> WebhookChannel:
    """Return a webhook to a port."""
    return WebhookChannel(url=f"http://127.0.0.1:{port}/pages", timeout_s=TIMEOUT_S)


@contextmanager
def _well() -> Iterator[tuple[Channel, Keys]]:
    with Receiver() as receiver:
        yield (
            webhook_at(receiver.port),
            lambda: [
                f"{posted.headers['Idempotency-Key']} {posted.body!r}" for posted in receiver.posts
            ],
        )


STAGE = Stage(_well, webhook_at, b"HTTP/1.1 200 OK\r\nX: ")
