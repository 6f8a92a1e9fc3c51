"""The clocks of one host: the one that people set, and the one that nobody can."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from contract.instants import Clock

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class HostClock:
    """Handed in, so that a test can set one and wind on the other."""

    wall_ns: Clock
    """UTC, as this host believes it: it may be set, an hour or a day at once."""
    boottime_ns: Clock
    """Since the host was started, sleep included; it only ever goes on."""
    boot_id: str
    """Which start of the host that was: two readings of `boottime_ns` compare within one only."""

    @classmethod
    def real(cls) -> HostClock:
        """Return this host's. Where it does not say which start it is, each process is one."""
        try:
            boot_id = BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            boot_id = ""
        return cls(time.time_ns, _boottime_ns, boot_id or f"process {uuid4()}")


def _boottime_ns() -> int:
    # Elsewhere than on Linux no clock counts sleep; a sleeping host pages nobody anyhow.
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
