"""Somebody outside who waits for heartbeats, and answers as no server should."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
Answers = Callable[[socket.socket, threading.Event], None]
"""Writes to the connection, until the event says that the test is over."""


def says(answer: bytes) -> Answers:
    return lambda connection, over: connection.sendall(answer)


def silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def drips(head: bytes) -> Answers:
    """Write the head, then a byte every 50 ms: no single read ever takes long."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.wait(0.05):
            connection.sendall(b"x")

    return answer


def endless(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65_536)


well = says(OK)


class Watchdog:
    """A TCP server on loopback. `answers` may be changed while it runs."""

    def __init__(self, answers: Answers = well) -> None:
        self.answers = answers
        self.asked: list[str] = []
        """The first line of each request."""
        self._over = threading.Event()
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/beat/c0ffee"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def wait_for(self, count: int) -> None:
        """Wait until it has been asked so often."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, 10), self.asked

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            answering = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(answering)
            answering.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                head = connection.recv(65_536)
                with self._changed:
                    self.asked.append(head.partition(b"\r\n")[0].decode())
                    self._changed.notify_all()
                self.answers(connection, self._over)
            except OSError:
                pass  # the other side hung up

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
