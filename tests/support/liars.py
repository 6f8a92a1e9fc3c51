"""A server between gateway and backend that answers for it, as a proxy does. In bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Self


def said(status: str, media_type: str, body: bytes) -> bytes:
    """Return an answer, whole."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


NGINX_400 = said(
    "400 Bad Request",
    "text/html",
    b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>"
    b"<body><center><h1>400 Bad Request</h1></center><hr>nginx/1.22.1</body></html>",
)


class Liar:
    """Reads whatever comes, and answers with `lie`; `honest` is a port to pass everything on to.

    Parameters
    ----------
    lie
        The bytes of every answer.
    drip_s
        Say them a byte at a time, with so long between; 0 at once.
    endless
        Say the last bytes of the lie again and again.
    """

    def __init__(self, lie: bytes = b"", *, drip_s: float = 0.0, endless: bool = False) -> None:
        self.lie = lie
        self.honest: int | None = None
        self.lies = 0
        self._drip_s = drip_s
        self._endless = endless
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._closing.set()
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(30)
        for each in (self._listener, *self._open):
            each.close()

    def _spawn(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.honest is None:
                for _ in _requests(client):
                    if self.honest is not None:
                        break
                    self.lies += 1
                    self._say(client)
                client.shutdown(socket.SHUT_RDWR)
                return
            server = socket.create_connection(("127.0.0.1", self.honest))
            self._open.append(server)
            self._spawn(_pass_on, server, client)
            _pass_on(client, server)

    def _say(self, client: socket.socket) -> None:
        if not self._drip_s:
            client.sendall(self.lie)
        for at in range(len(self.lie) if self._drip_s else 0):
            client.sendall(self.lie[at : at + 1])
            if self._closing.wait(self._drip_s):
                return
        while self._endless and not self._closing.wait(self._drip_s):
            client.sendall(self.lie[-1:] * (1 if self._drip_s else 65_536))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _requests(client: socket.socket) -> Iterator[bytes]:
    """Yield each request of a connection, whole."""
    data = b""
    while more := client.recv(65_536):
        data += more
        head, found, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if found and len(body) >= length:
            data = body[length:]
            yield head


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
