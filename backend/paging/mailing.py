"""A talk with a mail server within a deadline, of whose answers only the beginning is read."""

from __future__ import annotations

import smtplib
import socket
from contextlib import suppress
from typing import IO

from backend.paging.deadline import LEAST_S, Deadline

TALK_BYTES = 64 * 1024
"""All that a server may say in one talk. An answer without an end is cut here."""
QUIT_S = 1.0
"""How long a good-bye is waited for. The mail is the server's by then, whatever it says."""


class Talk(smtplib.SMTP):
    """A connection to a mail server that ends when its deadline does. Use as a context manager."""

    def __init__(self, deadline: Deadline, host: str, port: int) -> None:
        self._deadline = deadline
        # Named by itself: to ask the resolver for our own name may take longer than the mail.
        super().__init__(local_hostname=_own_name(), timeout=max(LEAST_S, deadline.left_s))
        self._host = host  # what its certificate has to name
        code, said = self.connect(host, port)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._deadline.connect(host, port)

    def getreply(self) -> tuple[int, bytes]:
        """Return one answer; a server that does not come to its end is hung up on."""
        if self.file is None and self.sock is not None:
            self.file = _Bounded(self.sock.makefile("rb"))
        return super().getreply()

    def leave(self) -> None:
        """Say good-bye. Nothing that the other side does now changes what it has taken."""
        with suppress(OSError, smtplib.SMTPException, ValueError):
            if self.sock is not None:
                self.sock.settimeout(max(LEAST_S, min(QUIT_S, self._deadline.left_s)))
                self.quit()
        self.close()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _own_name() -> str:
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


class _Bounded:
    """What a server says, up to a limit for the whole talk."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = TALK_BYTES

    def readline(self, limit: int) -> bytes:
        line = self._file.readline(min(limit, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise OSError(f"it says more than {TALK_BYTES} bytes")
        return line

    def close(self) -> None:
        self._file.close()
