"""Prints a page on standard output: for a demonstration, a drill, a control room's log."""

from __future__ import annotations

import os
import select
import sys
import time
from threading import Lock
from typing import ClassVar

from backend.errors import DeliveryError
from backend.paging.channel import Channel
from backend.paging.page import ASKS, EXERCISE, REPEAT, Page
from backend.people.contact import Contact

TIMEOUT_S = 2.0
"""A pipe that nobody reads is full after 64 kB, and whoever writes to it then waits for ever."""
PIECE = select.PIPE_BUF
"""So much a pipe takes whole, or says that it is full."""
_line_lock = Lock()


class ConsoleChannel(Channel):
    """One line a page. It reaches everybody, as far as somebody is looking."""

    kind: ClassVar[str] = "console"

    def reaches(self, contact: Contact) -> bool:
        """Everybody has a name to call out."""
        return True

    def receiver(self, contact: Contact) -> str | None:
        """There is one screen."""
        return None

    @property
    def deadline_s(self) -> float:
        """Return how long a screen may take."""
        return TIMEOUT_S

    def send(self, page: Page) -> str:
        """Print the line, and flush it: a pipe would keep it back otherwise."""
        told = page.summary.removeprefix(EXERCISE).removeprefix(f"{page.severity}: ")
        line = (
            f"{EXERCISE if page.exercise else ''}PAGE {page.severity} → {page.to.name}: {told}"
            f"{REPEAT if page.repeat else ''}. {ASKS[page.purpose]}{page.acknowledge_url}\n"
        )
        until_s = time.monotonic() + TIMEOUT_S
        # Two pages at a time must not share a line.
        if not _line_lock.acquire(timeout=TIMEOUT_S):
            raise DeliveryError("standard output takes nothing", permanent=False)
        try:
            _write(line, until_s)
        except (OSError, ValueError) as error:
            why = f"standard output: {type(error).__name__}: {error}"
            raise DeliveryError(why, permanent=False) from error
        finally:
            _line_lock.release()
        return f"console-{page.id}"


def _write(line: str, until_s: float) -> None:
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        print(line, end="", flush=True)  # not a file of the system's, which cannot be full
        return
    rest = line.encode(sys.stdout.encoding or "utf-8", errors="replace")
    while rest:
        _, ready, _ = select.select([], [number], [], max(0.0, until_s - time.monotonic()))
        if not ready:
            raise TimeoutError("nobody reads it")
        rest = rest[os.write(number, rest[:PIECE]) :]
