"""The console on a real socket: uvicorn in a thread, on a port of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.door.descriptors import Capacity
from backend.door.server import Server
from backend.metrics import BackendMetrics
from tests.backend.console.memory_backend import MemoryBackend
from tests.support.patience import Patience


def wait_until(true: Callable[[], bool], within_s: float = 10) -> None:
    patience = Patience(within_s)
    while not true():
        assert not patience.is_over(), f"not within {within_s} s"
        threading.Event().wait(0.01)


@contextmanager
def served(backend: MemoryBackend) -> Iterator[str]:
    """Yield the address; stop as a supervisor would, and insist that it does stop."""
    server = Server(backend.app(), backend.streams, Capacity.of(1024), BackendMetrics())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            assert not thread.is_alive(), "the server hangs on an open stream"
