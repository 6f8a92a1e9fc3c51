"""Prints a page on standard output: for a demonstration, a drill, a control room's log."""

from __future__ import annotations

from typing import ClassVar

from backend.paging.channel import Channel
from backend.paging.page import EXERCISE, REPEAT, Page
from backend.people.contact import Contact


class ConsoleChannel(Channel):
    """One line a page. It reaches everybody, as far as somebody is looking."""

    kind: ClassVar[str] = "console"

    def reaches(self, contact: Contact) -> bool:
        """Everybody has a name to call out."""
        return True

    def send(self, page: Page) -> str:
        """Print the line, and flush it: a pipe would keep it back otherwise."""
        told = page.summary.removeprefix(EXERCISE).removeprefix(f"{page.severity}: ")
        line = (
            f"{EXERCISE if page.exercise else ''}PAGE {page.severity} → {page.to.name}: {told}"
            f"{REPEAT if page.repeat else ''}. Acknowledge: {page.acknowledge_url}\n"
        )
        # One write: two pages at a time must not share a line.
        print(line, end="", flush=True)
        return f"console-{page.id}"
