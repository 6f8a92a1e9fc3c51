"""An HTTP server on loopback that keeps what is posted to it, and answers as it is told."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from contract.problem import MEDIA_TYPE, Problem, problem


class Posted(NamedTuple):
    """One POST as it came."""

    path: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Answer = tuple[int, Any]
"""Status, and JSON or a `Problem`."""


def refusal(posted: Posted, detail: str = "no such zone") -> Answer:
    """Return the backend's refusal of a detection."""
    refused = (posted.json["id"], posted.body)
    return 422, problem(422, "RefusedInputError", detail, refused=refused)


def receipt(posted: Posted) -> dict[str, Any]:
    """Return the backend's receipt for a detection."""
    return {"about": posted.json["id"], "incident": 1, "created": True}


class Receiver:
    """Takes every POST. `answer` may be changed while it runs."""

    def __init__(
        self,
        answer: Callable[[Posted], Answer] | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer or (lambda posted: (200, {}))
        self.posts: list[Posted] = []
        self.connections = 0
        self._sockets: list[socket.socket] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                receiver.connections += 1
                receiver._sockets.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted = Posted(self.path, body, dict(self.headers))
                receiver.posts.append(posted)
                status, told = receiver.answer(posted)
                media_type = "application/json"
                if isinstance(told, Problem):
                    media_type, told = MEDIA_TYPE, told.model_dump(exclude_none=True)
                said = b"" if told is None else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            # Threads of connections that are kept open end with the test, not before.
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that hung up

        self._server = Server(("127.0.0.1", port), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def hang_up(self) -> None:
        """Close every connection that there is, and wait for none."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def posted_to(self, ending: str) -> list[Posted]:
        """Return the POSTs whose path ends so."""
        return [posted for posted in list(self.posts) if posted.path.endswith(ending)]

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Backend(Receiver):
    """Answers detections with receipts, as the backend's API does, and keeps both kinds of POST."""

    def __init__(self, port: int = 0) -> None:
        self.commands: list[dict[str, Any]] = []
        self.evidence_wanted = True
        super().__init__(self._receipt, port)

    def _receipt(self, posted: Posted) -> Answer:
        if posted.path.endswith("/evidence"):
            return 200, {"about": posted.path.split("/")[-2], "incident": 1}
        if posted.path.endswith("/report"):
            return 200, {"floorwatch": "orders/1"}
        return 201, {
            **receipt(posted),
            "evidence_wanted": self.evidence_wanted,
            "commands": self.commands,
        }

    @property
    def detections(self) -> list[dict[str, Any]]:
        """Detections as they came, copies included."""
        return [posted.json for posted in self.posted_to("/api/v1/detections")]

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """Sensor windows as they came."""
        return [posted.json for posted in self.posted_to("/evidence")]
