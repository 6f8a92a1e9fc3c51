"""One HTTP POST within a deadline, of whose answer only the beginning is read."""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from backend.paging.deadline import Deadline
from backend.paging.trust import trusted

ANSWER_BYTES = 4096
"""Enough for a reference or a reason. A body without an end is cut here."""
TAKEN = range(200, 300)
"""The answers that say "we have it"."""
PORTS = {"http": 80, "https": 443}
ENVIRONMENT = "environment"
"""As a `proxy`: whatever HTTP_PROXY and its like say. Nothing else reads these variables."""


@dataclass(frozen=True)
class PostAnswer:
    """What a receiver said: its status, its headers, and the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(
    url: str, body: bytes, headers: Mapping[str, str], within_s: float, proxy: str | None = None
) -> PostAnswer:
    """Post a body, and return the answer.

    Raises
    ------
    TimeoutError
        When all of it, from the look-up of the name to the end of the answer, took too long.
    OSError, http.client.HTTPException
        When there is no answer, or it is none of HTTP.
    """
    target = urlsplit(url)
    by = _proxy(target, proxy)
    with Deadline(within_s) as deadline:
        try:
            return _exchange(deadline, target, body, headers, by)
        except (OSError, ValueError, http.client.HTTPException):
            # The watch shuts a connection by the same instant: then that is the reason.
            deadline.check()
            raise


def _exchange(
    deadline: Deadline,
    target: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    proxy: SplitResult | None,
) -> PostAnswer:
    connection = _Connection(deadline, target, proxy)
    try:
        asked = target._replace(fragment="")
        whole = proxy is not None and target.scheme == "http"
        path = (asked if whole else asked._replace(scheme="", netloc="")).geturl() or "/"
        more = _credentials(proxy) if whole else {}
        connection.request("POST", path, body, {**headers, **more, "Connection": "close"})
        with connection.getresponse() as answer:
            # A head that was being read when the time ran out looks as if it had ended.
            deadline.check()
            return PostAnswer(
                answer.status, dict(answer.headers.items()), _beginning(answer, deadline)
            )
    finally:
        connection.close()


def _beginning(answer: http.client.HTTPResponse, deadline: Deadline) -> bytes:
    try:
        said = answer.read(ANSWER_BYTES)
        deadline.check()  # likewise
    except (OSError, ValueError, http.client.HTTPException):
        if answer.status in TAKEN:
            return b""  # the other side has said that it has it; the rest is talk
        raise
    return said


class _Connection(http.client.HTTPConnection):
    """To the target, or to it through a proxy; encrypted where the target is https."""

    def __init__(self, deadline: Deadline, target: SplitResult, proxy: SplitResult | None) -> None:
        self.default_port = PORTS[target.scheme]
        host, port = _place(target)
        self._deadline = deadline
        self._name = host
        self._context: ssl.SSLContext | None = trusted() if target.scheme == "https" else None
        self._through = proxy is not None and target.scheme == "https"
        super().__init__(*(_place(proxy) if self._through and proxy else (host, port)))
        self._reached = _place(proxy or target)
        if self._through:
            self.set_tunnel(host, port, headers=_credentials(proxy))

    def connect(self) -> None:
        """Open it within the deadline."""
        self.sock = self._deadline.connect(*self._reached)
        if self._through:
            self._tunnel()  # type: ignore[attr-defined]  # what HTTPSConnection does
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self._name)


def _proxy(target: SplitResult, proxy: str | None) -> SplitResult | None:
    if proxy == ENVIRONMENT:
        passed_by = proxy_bypass(target.hostname or "")
        proxy = None if passed_by else getproxies().get(target.scheme)
    return urlsplit(proxy) if proxy else None


def _place(url: SplitResult) -> tuple[str, int]:
    return url.hostname or "", url.port or PORTS.get(url.scheme, 80)


def _credentials(proxy: SplitResult | None) -> dict[str, str]:
    if proxy is None or proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
