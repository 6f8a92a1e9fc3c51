"""What is remembered of arrivals, so that what comes again is known again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

PRESSES_KEPT = 64
"""Of one device: what a broker kept for newcomers is compared with them, however old it is."""
STAMPS_KEPT = 1024
"""More than any broker has under way to one client."""


@dataclass(slots=True)
class Press:
    """What is remembered of a press to know it again."""

    seq: int
    boot: int | None
    """As the device said, if it did."""
    said: str
    """What was pressed, in the device's words."""
    t_ns: int | None
    """By the device's own clock; None without one."""
    arrived_ns: int


@dataclass(slots=True)
class Heard:
    """What is remembered of one device's blocks of one kind, across restarts of the agent."""

    boot: int
    seq: int
    t_ns: int | None
    """The newest by the device's own clock."""
    presses: deque[Press] = field(default_factory=lambda: deque(maxlen=PRESSES_KEPT))


Known = dict[tuple[str, str], Heard]
"""By kind of block and device."""


@dataclass(frozen=True)
class News:
    """What is to be remembered, and what is to be forgotten, with a commit."""

    heard: Known = field(default_factory=dict)
    stamps: Sequence[str] = ()
    forgotten: Sequence[str] = ()
    """Beginnings of stamps that mean nothing any more."""
