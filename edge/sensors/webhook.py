"""A port that readers post to by HTTP. A post is answered once what it carried is on our disk."""

from __future__ import annotations

import hmac
import os
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from contract.batch import MAX_PAYLOAD_BYTES, Refused
from edge.sensor import Emit, Refuse, Source
from edge.sensors.devicemessage import Measured

log = structlog.get_logger(__name__)

TOKEN = "FLOORWATCH_WEBHOOK_TOKEN"
SPOOLED_WITHIN_S = 10.0
"""A reader that is told to come again keeps its reads, if it can."""
SILENT_S = 10.0
"""A connection on which nothing comes is closed."""

MAX_SIZE_LINE = 1000

Read = Callable[[bytes, str], tuple[Sequence[Measured], Sequence[Refused]]]
"""Takes a body and its path apart. Never raises."""


class Webhook(Source):
    """The open port, a thread a connection."""

    def __init__(self, address: tuple[str, int], read: Read) -> None:
        self._address = address
        self._read = read
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, emit: Emit, refuse: Refuse) -> None:
        """Listen, or raise `OSError` when the port is taken: it is tried again later."""
        token = os.environ.get(TOKEN)
        if not token and not self._address[0].startswith("127."):
            log.warning("anybody who reaches the port may post", port=self._address[1], set=TOKEN)
        self._server = _Server(self._address, _Post, self._read, emit, refuse, token)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="webhook", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        server, self._server = self._server, None
        if server is not None:
            server.closing.set()
            server.shutdown()
            server.server_close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        read: Read,
        emit: Emit,
        refuse: Refuse,
        token: str | None,
    ) -> None:
        super().__init__(address, handler)
        self.read, self.emit, self.refuse, self.token = read, emit, refuse, token
        self.closing = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what went wrong with one connection; the port stays open."""
        log.warning("a post broke off", who=client_address, exc_info=True)


class _Post(BaseHTTPRequestHandler):
    timeout = SILENT_S
    server: _Server

    def do_POST(self) -> None:
        """Take a post in."""
        self._answer(self._taken())

    do_PUT = do_POST

    def _taken(self) -> HTTPStatus:
        who = self.client_address[0]
        length = self.headers.get("Content-Length", "")
        body = b""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            try:
                body = chunked(self.rfile, MAX_PAYLOAD_BYTES)
            except ValueError as error:
                self.close_connection = True  # where the next request begins nobody knows
                self.server.refuse(None, f"a post from {who}: {error}")
                return HTTPStatus.BAD_REQUEST
            length = str(len(body))
        elif not length.isdecimal():
            self.server.refuse(None, f"a post from {who} that does not say its length")
            return HTTPStatus.LENGTH_REQUIRED
        if len(length) > 12 or int(length) > MAX_PAYLOAD_BYTES:
            told = f"{length[:20]} bytes in one post from {who}; at most {MAX_PAYLOAD_BYTES}"
            self.server.refuse(None, told)
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        body = body or self.rfile.read(int(length))
        url = urlsplit(self.path)
        if not self._may_post(url.query):
            self.server.refuse(None, f"a post from {who} without the token")
            return HTTPStatus.UNAUTHORIZED
        if len(body) < int(length):
            self.server.refuse(None, f"a post from {who} broke off")
            return HTTPStatus.BAD_REQUEST
        measured, refused = self.server.read(body, unquote(url.path))
        for refusal in refused:
            self.server.refuse(refusal.device, refusal.reason, partly=refusal.partly)
        return self._kept(measured) if measured or not refused else HTTPStatus.BAD_REQUEST

    def _kept(self, measured: Sequence[Measured]) -> HTTPStatus:
        if self.server.closing.is_set():
            return HTTPStatus.SERVICE_UNAVAILABLE
        safe = threading.Semaphore(0)
        for part in measured:
            self.server.emit(part.block, way=part.way(), settled=safe.release)
        for _ in measured:
            if not safe.acquire(timeout=SPOOLED_WITHIN_S):
                return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.NO_CONTENT

    def _may_post(self, query: str) -> bool:
        if not self.server.token:
            return True
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        shown = shown or parse_qs(query).get("token", [""])[0]
        return hmac.compare_digest(shown.encode(), self.server.token.encode())

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is refused is counted, and the rest is no news."""


def chunked(stream: BufferedIOBase, most: int) -> bytes:
    """Return a body that comes in chunks (RFC 9112, 7.1).

    Raises
    ------
    ValueError
        When it is none, breaks off, or is larger than `most`.
    """
    body = b""
    while True:
        size_line = stream.readline(MAX_SIZE_LINE)
        size = int(size_line.split(b";")[0].strip() or b"x", 16)
        if size < 0 or len(body) + size > most:
            raise ValueError(f"more than {most} bytes in one post")
        chunk = stream.read(size)
        if len(chunk) < size:
            raise ValueError("it broke off")
        body += chunk
        if size:
            stream.readline(MAX_SIZE_LINE)
            continue
        while stream.readline(MAX_SIZE_LINE).strip():
            pass  # trailers
        return body
