"""What a system that is scored on the plant gives: alarms, and where it believes people to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from contract.reads import ReadsBlock


class Alarm(NamedTuple):
    """A system says that somebody is in a zone where they must not be."""

    person: str
    zone: str


class Watcher(Protocol):
    """Anything that turns reads into alarms. It is told the time once a second."""

    def feed(self, block: ReadsBlock) -> Iterable[Alarm]:
        """Take in a block, and return the alarms that it raises."""
        ...

    def tick(self, at_ns: int) -> Iterable[Alarm]:
        """Return the alarms that time raises."""
        ...

    def zone_of(self, person: str) -> str | None:
        """Return where somebody is believed to be."""
        ...
