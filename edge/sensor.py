"""What a sensor driver is: its settings, and a source that they open."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import structlog
from pydantic import BaseModel, ConfigDict

from contract.command import Command
from contract.instants import Clock
from contract.message import Block
from contract.site import Broker, Site
from edge.way import Way
from host.backoff import Backoff

log = structlog.get_logger(__name__)

FIRST_RESTART_S = 1.0
MAX_RESTART_S = 60.0


class Emit(Protocol):
    """Where a driver hands over its blocks. Any thread may call it; it may wait for room."""

    def __call__(
        self,
        block: Block,
        *,
        numbered: bool = True,
        settled: Callable[[], None] | None = None,
        way: Way | None = None,
    ) -> None:
        """Hand over one block.

        Parameters
        ----------
        numbered
            False when the device counts nothing: the agent then gives `boot` and `seq`.
        way
            All that is known of how it came, in place of `numbered`.
        settled
            Called once the block is in the spool, or refused, so that a source which keeps its
            messages until they are confirmed can let go of this one.
        """


class Refuse(Protocol):
    """Where a driver reports what it could not read. It is counted and logged."""

    def __call__(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        """Refuse a piece of input of `device`, if that much is known of it.

        Parameters
        ----------
        partly
            The rest of the message was taken.
        """


@dataclass(frozen=True)
class Context:
    """What a driver may know of the place it runs in."""

    site: Site
    """The agent's slice: its own devices, nobody's name or number."""
    agent: str
    broker: Broker
    clock: Clock
    state_dir: Path | None = None
    """Where a driver may keep files; None: nowhere."""


class Source(ABC):
    """A driver at work."""

    @abstractmethod
    def start(self, emit: Emit, refuse: Refuse) -> None:
        """Begin, and return at once. A source that raises here is started again later."""

    @abstractmethod
    def stop(self) -> None:
        """End, and return once nothing more will be emitted."""

    def command(self, command: Command) -> bool:
        """Pass a command on to its device; False when this source cannot reach it."""
        return False

    def check(self) -> None:  # noqa: B027 (most sources have nothing to look after)
        """Look after what runs in the background. Called once a second."""


class Sensor(BaseModel, ABC):
    """A driver's settings: its fields are the keys of an `[[agent.sensors]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: ClassVar[str]
    """Its name in the site file."""

    @abstractmethod
    def open(self, context: Context) -> Source:
        """Return the source, not started yet.

        Raises
        ------
        SensorError
            When these settings cannot work on this machine.
        """


class LoopSource(Source):
    """A source that is one loop on a thread of its own, started again when it fails."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def run(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Emit blocks until there are no more, or `stopping` is set. Wait on it, do not sleep."""

    def start(self, emit: Emit, refuse: Refuse) -> None:
        """Run the loop on its thread."""
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._keep_running, args=(emit, refuse), name=type(self).__name__, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ask the loop to end, and wait for it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _keep_running(self, emit: Emit, refuse: Refuse) -> None:
        backoff = Backoff(FIRST_RESTART_S, MAX_RESTART_S)
        while not self._stopping.is_set():
            try:
                self.run(emit, refuse, self._stopping)
            except Exception as error:
                refuse(None, f"{type(self).__name__} failed: {error!r}")
                wait_s = backoff.failed()
                log.exception("a driver failed; it is started again", wait_s=wait_s)
                self._stopping.wait(wait_s)
            else:
                return
