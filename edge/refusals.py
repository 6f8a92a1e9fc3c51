"""Counts what could not be read, by device, and logs it without flooding the log."""

from __future__ import annotations

import threading
from collections import Counter

import structlog

log = structlog.get_logger(__name__)

MAX_NAMES = 1000
"""A device may claim any name. Beyond so many they are counted together."""
OTHERS = "(others)"
NAMELESS = "(unknown)"


class Refusals:
    """Input that no driver could read. Any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_device: Counter[str] = Counter()

    def add(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        """Count a refusal, and log the 1st, 2nd, 4th, 8th … of a device with its reason."""
        name = (device or NAMELESS)[:63]
        with self._lock:
            if name not in self._by_device and len(self._by_device) >= MAX_NAMES:
                name = OTHERS
            self._by_device[name] += 1
            count = self._by_device[name]
        if count & (count - 1) == 0:
            log.warning("input refused", device=name, reason=reason[:500], refused=count)

    @property
    def total(self) -> int:
        """How many there were."""
        with self._lock:
            return self._by_device.total()

    def of(self, device: str) -> int:
        """Return how many of one device there were."""
        with self._lock:
            return self._by_device[device]
