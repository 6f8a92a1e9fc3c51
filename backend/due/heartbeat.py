"""Asks for an address of the site's choice as long as an audit finds the backend well.

Whoever is behind the address raises the alarm when it is not asked for any more: nothing on this
machine can tell that this machine is gone.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import urlsplit

import httpx
import structlog

from backend.metrics import BackendMetrics
from backend.paging.trust import trusted
from contract.heartbeat import Heartbeat as Settings
from contract.instants import Clock, seconds

log = structlog.get_logger(__name__)

Audit = Callable[[], tuple[str, ...]]
"""Returns a sentence for each thing that is wrong; none is clean."""

MOST_BYTES = 4096
"""Of the answer. Nothing in it counts; the rest is not waited for."""
STOP_S = 2.0
"""How long a stop waits. A name that cannot be looked up may hold the thread longer."""


class HeartbeatResult(StrEnum):
    """What came of one heartbeat."""

    SENT = "sent"
    FAILED = "failed"
    """It was asked for, and the answer was not 2xx, or not there in time."""
    WITHHELD = "withheld"
    """The audit found something, or could not be made."""


class OutgoingHeartbeat:
    """A thread that audits, then asks. It never asks without an audit that has just been clean.

    The environment's proxies are not used: what answers in another's name proves nothing. The
    whole request has `timeout_s`, whatever part of it hangs or drips.
    """

    def __init__(
        self, settings: Settings, audit: Audit, metrics: BackendMetrics, clock: Clock
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._metrics = metrics
        self._clock = clock
        # The address may hold a key: the log gets its host.
        self._host = urlsplit(settings.url).hostname
        self._former: HeartbeatResult | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether its thread works."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Send the first heartbeat now, the others every `every_s`."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Break off what is under way. May be repeated."""
        if self._thread.ident is None:
            return
        if self._loop is not None and self._task is not None and self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._task.cancel)
            except RuntimeError:  # its loop has just ended
                log.debug("the heartbeat had ended")
        self._thread.join(STOP_S)

    async def beat(self) -> HeartbeatResult:
        """Audit, and ask if that is clean; count and log what came of it. Never raises."""
        result, why = await self._beat()
        self._metrics.heartbeats.labels(str(result)).inc()
        if result == HeartbeatResult.SENT:
            self._metrics.last_heartbeat.set(seconds(self._clock()))
        if result != self._former:
            self._tell(result, why)
        self._former = result
        return result

    async def _beat(self) -> tuple[HeartbeatResult, str]:
        try:
            wrong = self._audit()
        except Exception as error:  # an audit that cannot be made is not clean
            return (
                HeartbeatResult.WITHHELD,
                f"the audit could not be made: {type(error).__name__}: {error}",
            )
        if wrong:
            return HeartbeatResult.WITHHELD, "; ".join(wrong)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                status = await self._ask()
        except TimeoutError:
            return HeartbeatResult.FAILED, f"no answer within {self._settings.timeout_s:g} s"
        except Exception as error:  # a beat must not end those that follow
            return HeartbeatResult.FAILED, type(error).__name__
        if 200 <= status < 300:
            return HeartbeatResult.SENT, ""
        return HeartbeatResult.FAILED, f"answered {status}"

    async def _ask(self) -> int:
        client = httpx.AsyncClient(
            verify=trusted(), trust_env=False, timeout=self._settings.timeout_s
        )
        async with client, client.stream("GET", self._settings.url) as answer:
            taken = 0
            async for piece in answer.aiter_raw(MOST_BYTES):
                taken += len(piece)
                if taken >= MOST_BYTES:
                    break
            return answer.status_code

    def _tell(self, result: HeartbeatResult, why: str) -> None:
        """Log a change, not every beat: a night without network is one line."""
        if result == HeartbeatResult.SENT:
            log.info("the heartbeat is sent", host=self._host)
        elif result == HeartbeatResult.FAILED:
            log.warning("the heartbeat does not get through", host=self._host, why=why)
        else:
            log.error("the heartbeat is withheld", host=self._host, why=why)

    def _run(self) -> None:
        try:
            asyncio.run(self._beats())
        except asyncio.CancelledError:
            log.info("heartbeat stopped")
        finally:
            self._ready.set()

    async def _beats(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        while True:
            await self.beat()
            await asyncio.sleep(self._settings.every_s)
