"""Counts what could not be read, by device, and says so: in the log without flooding it, and on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import structlog

from contract.instants import ns
from contract.refusal import RefusedBlock

log = structlog.get_logger(__name__)

MAX_NAMES = 1000
"""A device may claim any name. Beyond so many they are counted together."""
OTHERS = "(others)"
NAMELESS = "(unknown)"
TOLD_EVERY_NS = ns(10)


@dataclass(slots=True)
class _Untold:
    lost: int = 0
    partly: int = 0
    reason: str = ""


class Refusals:
    """Input that no driver could read. Any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_device: Counter[str] = Counter()
        self._untold: dict[str, _Untold] = {}
        self._told_ns: dict[str, int] = {}

    def add(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        """Count a refusal, and log the 1st, 2nd, 4th, 8th … of a device with its reason."""
        name = (device or NAMELESS)[:63]
        with self._lock:
            if name not in self._by_device and len(self._by_device) >= MAX_NAMES:
                name = OTHERS
            self._by_device[name] += 1
            count = self._by_device[name]
            untold = self._untold.setdefault(name, _Untold())
            if not partly or not untold.lost:
                untold.reason = reason
            untold.lost += not partly
            untold.partly += partly
        if count & (count - 1) == 0:
            log.warning("input refused", device=name, reason=reason[:500], refused=count)

    def untold(
        self, now_ns: int, at_ns: int, known: Collection[str], agent: str
    ) -> Iterator[RefusedBlock]:
        """Yield what is to be told on, of each device now and then; of strangers by the agent.

        Parameters
        ----------
        now_ns
            By a clock that nobody sets.
        at_ns
            UTC.
        """
        with self._lock:
            due = {
                name: self._untold.pop(name)
                for name in [*self._untold]
                if now_ns - self._told_ns.get(name, -TOLD_EVERY_NS) >= TOLD_EVERY_NS
            }
            self._told_ns.update(dict.fromkeys(due, now_ns))
        for name, of in due.items():
            device, reason = (name, of.reason) if name in known else (agent, f"{name}: {of.reason}")
            yield RefusedBlock(
                device=device, seq=0, t0_ns=at_ns, lost=of.lost, partly=of.partly,
                reason=reason[:300],
            )  # fmt: skip

    @property
    def total(self) -> int:
        """How many there were."""
        with self._lock:
            return self._by_device.total()

    def of(self, device: str) -> int:
        """Return how many of one device there were."""
        with self._lock:
            return self._by_device[device]
