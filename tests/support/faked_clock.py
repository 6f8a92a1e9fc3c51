"""A program of ours whose wall clock is set under it while it runs, by Debian's `faketime`.

The clock that nobody can set, CLOCK_MONOTONIC and CLOCK_BOOTTIME, stays what it is.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.needs import libfaketime

PROGRAM = """
import runpy, sys, threading, time
time.sleep = lambda s: threading.Event().wait(s) and None
module = sys.argv.pop(1)
sys.argv[0] = module
runpy.run_module(module, run_name="__main__")
"""
"""libfaketime refuses what `time.sleep` asks of the kernel when only the wall clock is set."""


class FakedClock:
    """How far off the real one a program's wall clock is; `file` is where the program reads it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, off_s: float) -> None:
        """Set it to be so far off the real one; it runs on from there. Seen within a second."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{off_s:+.0f}\n")
        new.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the program's environment must say."""
        return {
            "LD_PRELOAD": str(libfaketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def command(module: str) -> tuple[str, ...]:
    """Return what starts a module of ours as a program; its arguments follow."""
    # -P: the folder that one stands in may hold a `backend` or an `edge` of its own.
    return (sys.executable, "-P", "-c", PROGRAM, module)
