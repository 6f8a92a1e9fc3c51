"""A peer on loopback that answers as nobody should: not at all, byte by byte, or without an end."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from enum import StrEnum
from typing import Self

DRIP_S = 0.02
PIECE = 65536
HARD_RESET = struct.pack("ii", 1, 0)


class Manner(StrEnum):
    """How it behaves towards whoever connects."""

    SILENT = "takes the connection and says nothing"
    DRIPS = "says a byte at a time, for ever"
    ENDLESS = "says more than anybody can keep, for ever"
    HANGS_UP = "hangs up at once"
    RESETS = "resets the connection"
    BABBLES = "says what is none of the protocol's, and hangs up"


class RoughPeer:
    """Use as a context manager. `says` is how an answer without an end begins, and goes on."""

    def __init__(self, manner: Manner, says: bytes = b"", goes_on: bytes = b"a") -> None:
        self.manner = manner
        self.said = 0
        """Bytes that a client's system has taken from it."""
        self.met = 0
        """Connections that it took."""
        self._says, self._goes_on = says, goes_on
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        for connection in self._connections:
            connection.close()
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.met += 1
            self._connections.append(connection)
            thread = threading.Thread(target=self._meet, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _meet(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            match self.manner:
                case Manner.SILENT:
                    self._over.wait()
                case Manner.DRIPS:
                    self._drip(connection)
                case Manner.ENDLESS:
                    self._pour(connection)
                case Manner.HANGS_UP:
                    connection.shutdown(socket.SHUT_RDWR)
                case Manner.RESETS:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD_RESET)
                    connection.close()
                case Manner.BABBLES:
                    connection.sendall(bytes(range(256)) * 4)
                    connection.shutdown(socket.SHUT_RDWR)

    def _drip(self, connection: socket.socket) -> None:
        text = self._says
        while not self._over.wait(DRIP_S):
            byte, text = text[:1] or self._goes_on[:1], text[1:]
            connection.sendall(byte)
            self.said += 1

    def _pour(self, connection: socket.socket) -> None:
        connection.sendall(self._says)
        piece = self._goes_on * (PIECE // len(self._goes_on))
        while not self._over.is_set():
            self.said += connection.send(piece)
