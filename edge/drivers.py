"""The agent's drivers at work: started, started again when they fail, asked to pass commands on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import uniform

import structlog

from contract.command import Command
from contract.instants import Clock, ns
from contract.message import Block
from edge.inbox import Offer
from edge.refusals import Refusals
from edge.sensor import FIRST_RESTART_S, MAX_RESTART_S, Emit, Source
from edge.way import Way
from host.backoff import Backoff

log = structlog.get_logger(__name__)


@dataclass
class _Driver:
    name: str
    source: Source
    backoff: Backoff
    running: bool = False
    next_try_ns: int = 0


class Drivers:
    """Sources, and which of them speaks for which device."""

    def __init__(
        self,
        sources: Sequence[Source],
        offer: Callable[[Offer], None],
        refusals: Refusals,
        monotonic: Clock,
        dice: Callable[[float, float], float] = uniform,
    ) -> None:
        self._drivers = [
            _Driver(
                f"{type(source).__name__}-{number}",
                source,
                Backoff(FIRST_RESTART_S, MAX_RESTART_S, dice),
            )
            for number, source in enumerate(sources, start=1)
        ]
        self._offer = offer
        self._refusals = refusals
        self._monotonic = monotonic
        self._owner: dict[str, _Driver] = {}
        self._starting = threading.Lock()
        self._stopped = False

    def look_after(self) -> None:
        """Start what does not run and is due, and let each see to its own threads. Never raises."""
        for driver in self._drivers:
            if driver.running:
                self._guard(driver, "check", driver.source.check)
            elif self._monotonic() >= driver.next_try_ns:
                with self._starting:
                    if not self._stopped:
                        self._start(driver)

    def stop(self) -> None:
        """Stop them all. Never raises."""
        with self._starting:
            self._stopped = True
        # Not under the lock: a driver may be waiting for room that the agent's thread makes.
        for driver in self._drivers:
            if driver.running:
                driver.running = False
                self._guard(driver, "stop", driver.source.stop)

    def command(self, command: Command) -> bool:
        """Pass a command to the source that speaks for its device; False if none could."""
        owner = self._owner.get(command.device)
        asked = [owner] if owner is not None else [d for d in self._drivers if d.running]
        return any(self._pass_on(driver, command) for driver in asked)

    def _start(self, driver: _Driver) -> None:
        try:
            driver.source.start(self._emit_of(driver), self._refusals.add)
        except Exception as error:
            self._refusals.add(None, f"driver {driver.name} did not start: {error!r}")
            wait_s = driver.backoff.failed()
            log.exception("a driver did not start", driver=driver.name, again_in_s=wait_s)
            driver.next_try_ns = self._monotonic() + ns(wait_s)
        else:
            driver.running = True
            driver.backoff.succeeded()

    def _emit_of(self, driver: _Driver) -> Emit:
        def emit(
            block: Block,
            *,
            numbered: bool = True,
            settled: Callable[[], None] | None = None,
            way: Way | None = None,
        ) -> None:
            self._owner[block.device] = driver
            self._offer(Offer(block, way or Way(numbered=numbered), settled))

        return emit

    def _pass_on(self, driver: _Driver, command: Command) -> bool:
        taken: list[bool] = []
        self._guard(driver, "command", lambda: taken.append(driver.source.command(command)))
        return bool(taken and taken[0])

    def _guard(self, driver: _Driver, what: str, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:
            self._refusals.add(None, f"driver {driver.name} failed in {what}: {error!r}")
            log.exception("a driver failed", driver=driver.name, during=what)
