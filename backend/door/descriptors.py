"""How many connections may be open: what the table of descriptors holds, less what is reserved."""

from __future__ import annotations

import resource
from dataclasses import dataclass

MOST_CONNECTIONS = 1000
"""More browsers than any site has; a connection costs some 50 kB."""
FEWEST_CONNECTIONS = 32
WANTED_DESCRIPTORS = 4096
RESERVED = 400
"""Sixty connections of the database (a SQLite one has three files), hand-offs on every channel with
their certificates, clips that are written and read, the log: 400 is twice what was counted."""
ESSENTIAL = 32
"""Connections beyond the limit, on which only intake, answers and links are served."""


@dataclass(frozen=True)
class Capacity:
    """What this process may have open at once."""

    descriptors: int
    connections: int
    each_address: int
    essential: int
    streams: int

    @classmethod
    def of(cls, descriptors: int) -> Capacity:
        """Share a table of descriptors out.

        >>> Capacity.of(1024).connections, Capacity.of(1024).each_address
        (592, 296)
        >>> Capacity.of(256).connections
        32
        """
        left = descriptors - RESERVED - ESSENTIAL
        connections = max(FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, left))
        return cls(
            descriptors=descriptors,
            connections=connections,
            # A reverse proxy is one address as well, and so is everybody behind one router.
            each_address=connections // 2,
            essential=ESSENTIAL,
            streams=connections // 4,
        )

    @property
    def enough(self) -> bool:
        """Whether the reserve is whole."""
        return self.connections + self.essential + RESERVED <= self.descriptors


def raise_limit() -> int:
    """Raise the soft limit of descriptors as far as the hard one lets it; return what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= WANTED_DESCRIPTORS:
        return WANTED_DESCRIPTORS
    wanted = WANTED_DESCRIPTORS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
