"""One POST and its answer over a line that is kept open: by a deadline, and a few kB at most.

A time-out for each read is none: a peer that drips a byte every two seconds would hold its caller
for ever. Here whatever the peer does ends at one instant, and frees the thread.
"""

from __future__ import annotations

import math
import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from gateway.errors import ExchangeError, UnreachableError

HEAD_BYTES = 16_384
"""What status and headers of an answer may take, beyond its body."""


class Reply(NamedTuple):
    """What came back, whoever said it."""

    status: int
    media_type: str
    body: bytes


class Exchange:
    """A line to one server, for one thread.

    Parameters
    ----------
    base_url
        With `http` or `https`; a path in it precedes every path.
    headers
        Sent with every request.
    deadline_s, connect_s
        The whole exchange ends in the first, connecting in the second.
    """

    def __init__(
        self, base_url: str, headers: Mapping[str, str], *, deadline_s: float, connect_s: float
    ) -> None:
        parts = urlsplit(base_url)
        self._prefix = parts.path.rstrip("/")
        self._address = (
            parts.hostname or "",
            parts.port or (443 if parts.scheme == "https" else 80),
        )
        self._tls = _tls() if parts.scheme == "https" else None
        self._headers = {"Host": parts.netloc.rpartition("@")[2], **headers}
        self._deadline_s = deadline_s
        self._connect_s = connect_s
        self._line: _Line | None = None

    def post(self, path: str, body: bytes, most_bytes: int) -> Reply:
        """Post, and return the whole answer. No proxy of the environment is used.

        Raises
        ------
        UnreachableError
            When nobody could be connected to.
        ExchangeError
            When no whole answer of at most `most_bytes` came in time.
        """
        until_s = time.monotonic() + self._deadline_s
        line = self._line
        if line is not None and not _has_something_to_say(line):
            try:
                return self._exchange(line, path, body, until_s, most_bytes)
            except _UnheardError:
                pass  # it was hung up between two requests: that is no answer
        self.close()
        line = self._line = self._connected(until_s)
        return self._exchange(line, path, body, until_s, most_bytes)

    def hang_up(self) -> None:
        """End an exchange that another thread waits for."""
        line = self._line
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            with suppress(OSError):
                self._line.close()
        self._line = None

    def _connected(self, until_s: float) -> _Line:
        patience_s = min(self._connect_s, until_s - time.monotonic())
        host, port = self._address
        plain: socket.socket | None = None
        try:
            plain = socket.create_connection((host, port), patience_s)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                return _Plain(fileno=plain.detach())
            wrapped = self._tls.wrap_socket(plain, server_hostname=host)
            assert isinstance(wrapped, _Tls)
            return wrapped
        except (OSError, ValueError) as error:
            if plain is not None:
                plain.close()
            raise UnreachableError(f"{type(error).__name__}: {error}") from None

    def _exchange(
        self, line: _Line, path: str, body: bytes, until_s: float, most_bytes: int
    ) -> Reply:
        line.until_s, line.left_bytes, line.heard = until_s, HEAD_BYTES + most_bytes, False
        connection = HTTPConnection(*self._address)
        connection.sock = line
        try:
            connection.request("POST", self._prefix + path, body, self._headers)
            with connection.getresponse() as response:
                said = response.read(most_bytes + 1)
                whole = response.isclosed() or len(said) <= most_bytes
                keeps = whole and not response.will_close
                media_type = response.getheader("Content-Type") or ""
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            told = f"{type(error).__name__}: {error}"
            if not line.heard and not isinstance(error, TimeoutError):
                raise _UnheardError(told) from None
            raise ExchangeError(told) from None
        if not keeps:
            self.close()
        if len(said) > most_bytes:
            raise ExchangeError(f"{response.status}, and more than {most_bytes} bytes")
        return Reply(response.status, media_type, said)


class _UnheardError(ExchangeError):
    """The line was hung up before a byte of an answer came."""


class _Plain(socket.socket):
    """A socket whose every wait ends at one instant, and that takes in so many bytes."""

    until_s = math.inf
    left_bytes = 0
    heard = False

    def recv_into(self, *args: object, **kwargs: object) -> int:
        self.settimeout(_left_s(self.until_s))
        return _counted(self, super().recv_into(*args, **kwargs))  # type: ignore[arg-type]

    def sendall(self, *args: object) -> None:
        self.settimeout(_left_s(self.until_s))
        super().sendall(*args)  # type: ignore[arg-type]


class _Tls(ssl.SSLSocket):
    """A socket with TLS whose every wait ends at `until_s`."""

    until_s = math.inf
    left_bytes = 0
    heard = False

    def recv_into(self, *args: object, **kwargs: object) -> int:
        self.settimeout(_left_s(self.until_s))
        return _counted(self, super().recv_into(*args, **kwargs))  # type: ignore[arg-type]

    def send(self, *args: object, **kwargs: object) -> int:
        # `sendall` of an SSLSocket is a loop of these.
        self.settimeout(_left_s(self.until_s))
        return super().send(*args, **kwargs)  # type: ignore[arg-type]


_Line = _Plain | _Tls


def _left_s(until_s: float) -> float | None:
    if until_s == math.inf:
        return None
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("no whole answer in time")
    return left_s


def _counted(line: _Line, count: int) -> int:
    line.heard = line.heard or count > 0
    line.left_bytes -= count
    if line.left_bytes < 0:
        raise HTTPException("the answer does not end")
    return count


def _has_something_to_say(line: _Line) -> bool:
    """Whether an idle line was hung up, or speaks out of turn."""
    poll = select.poll()
    poll.register(line, select.POLLIN)
    return bool(poll.poll(0))


def _tls() -> ssl.SSLContext:
    # The same authorities as ever: certifi's. What the environment says is not asked.
    context = httpx.create_ssl_context(trust_env=False)
    context.sslsocket_class = _Tls
    return context
