"""Whose page asks. A browser will carry anybody's request to us; it also says whose it was.

Two ways were seen in which a page of a stranger acknowledged an incident: a name of the stranger's
that is made to point here (DNS rebinding), so that the browser takes us for the stranger's own
site; and a form there that posts to us. The first is told by Host, the second by Origin and
Sec-Fetch-Site, which no script can set.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.api.auth import same_token
from backend.api.problems import problem
from backend.console.rendering import problem_page
from backend.console.responses import FRAGMENT_HEADER, GUARDS, page
from backend.door.lanes import SAFE
from backend.metrics import BackendMetrics

log = structlog.get_logger(__name__)

COUNTS_ALONE = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for by monitors under whatever name they know; they say counts, and do nothing."""
NEAR = frozenset({"same-origin", "none"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class OriginRefusal:
    """Why a request is not looked at."""

    status: int
    error: str
    sentence: str
    todo: tuple[str, ...]


@dataclass(frozen=True)
class OurNames:
    """Under which names this backend is asked.

    Parameters
    ----------
    hosts
        Names and addresses, without ports, in small letters.
    origin
        What a browser sends as Origin from `public_url`; None without it. A proxy may hand on
        another Host than the browser saw.
    """

    hosts: frozenset[str]
    origin: str | None = None

    @classmethod
    def of(cls, host: str, public_url: str | None, more: tuple[str, ...] = ()) -> OurNames:
        """Return the names of a backend that listens at `host`."""
        hosts = {host.lower(), *LOOPBACK_NAMES, *(name.lower() for name in more)}
        origin = None
        if public_url:
            parts = urlsplit(public_url)
            origin = f"{parts.scheme}://{parts.netloc}".lower()
            hosts.add((parts.hostname or "").lower())
        return cls(frozenset(hosts - {"", "0.0.0.0", "::"}), origin)

    def include(self, host: str, local_address: str) -> bool:
        """Whether a Host header is ours.

        The address that the connection came in at is: whoever writes an address and not a name
        cannot have made a name point here.
        """
        name = _name_of(host)
        return name in self.hosts or (name != "" and name == _plain(local_address))

    def why_not(
        self, method: str, path: str, headers: Mapping[str, str], local_address: str = ""
    ) -> OriginRefusal | None:
        """Return why a request is refused, or None. Reads nothing but its arguments."""
        safe = method in SAFE
        if safe and path in COUNTS_ALONE:
            return None
        host = headers.get("host", "")
        if not self.include(host, local_address):
            return OriginRefusal(
                421,
                "MisdirectedError",
                f'this Floorwatch is not called "{host[:80]}"',
                (
                    "Open it under its own address, as the page or the terminal prints it.",
                    "If this is its name: put it into `hosts` of the site file's [backend].",
                ),
            )
        if (safe and not path.startswith("/api/")) or self._from_us(host, headers):
            return None
        return OriginRefusal(
            403,
            "ElsewhereError",
            "this came from another site's page, and nothing was done",
            (
                "Open your page's link itself, from the message that you were sent, and press "
                "there.",
                "Or open this console by its own address, and act there.",
                "If somebody may be hurt, go there or call. Paging goes on.",
            ),
        )

    def _from_us(self, host: str, headers: Mapping[str, str]) -> bool:
        if headers.get("sec-fetch-site", "none") not in NEAR:
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        parts = urlsplit(origin.lower())
        from_here = parts.scheme in {"http", "https"} and parts.netloc == host.lower()
        return from_here or origin.lower() == self.origin


class OursAlone:
    """Refuses what came under another name, and what another site's page sent."""

    def __init__(
        self, app: ASGIApp, names: OurNames | None, token: str | None, metrics: BackendMetrics
    ) -> None:
        self._app = app
        self._names = names
        self._token = token
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why not."""
        if scope["type"] != "http" or self._names is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        local = (scope.get("server") or ("",))[0]
        refusal = self._names.why_not(scope["method"], scope["path"], headers, local)
        # Who knows the token is a program of the site's, by whatever name it calls us: a page of a
        # stranger cannot know it, and a browser adds none by itself.
        if refusal is None or self._proved(headers):
            await self._app(scope, receive, send)
            return
        self._metrics.refusals.labels(refusal.error).inc()
        log.warning(
            "refused",
            status=refusal.status,
            error=refusal.error,
            host=headers.get("host", "")[:80],
            origin=headers.get("origin", "")[:80],
        )
        await _answer(refusal, scope["path"], headers)(scope, receive, send)

    def _proved(self, headers: Headers) -> bool:
        if not self._token:
            return False
        kind, _, given = headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and same_token(given, self._token)


def _answer(refusal: OriginRefusal, path: str, headers: Headers) -> Response:
    sentence = f"{refusal.sentence[:1].upper()}{refusal.sentence[1:]}."
    if FRAGMENT_HEADER in headers:
        return PlainTextResponse(f"{sentence} {refusal.todo[0]}", refusal.status, GUARDS)
    if path.startswith("/api/") or "text/html" not in headers.get("accept", ""):
        return problem(refusal.status, refusal.error, refusal.sentence, refusal.todo[0])
    return page(problem_page("Not done", sentence, refusal.todo), refusal.status)


def _name_of(host: str) -> str:
    """Return a Host header's name without its port, an address in its one spelling."""
    try:
        return _plain(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return ""


def _plain(name: str) -> str:
    try:
        found = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower().rstrip(".")
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
