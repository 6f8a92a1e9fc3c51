"""The mail channel, before a mail server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backend.paging.channel import Channel
from backend.paging.channels.smtp import SmtpChannel
from tests.support.mailserver import MailServer
from tests.support.stage import TIMEOUT_S, Keys, Stage


def smtp_at(port: int) -> SmtpChannel:
    """Return a mail channel without encryption, as a test server wants it."""
    return SmtpChannel(
        host="127.0.0.1",
        port=port,
        starttls=False,
        sender="floorwatch@hall7.example",
        timeout_s=TIMEOUT_S,
    )


@contextmanager
def _well() -> Iterator[tuple[Channel, Keys]]:
    with MailServer() as server:
        yield smtp_at(server.port), lambda: [str(mail["Message-ID"]) for mail in server.mails]


STAGE = Stage(_well, smtp_at, b"220-", b"220-well\r\n")
