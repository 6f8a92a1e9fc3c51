"""Who uses a database, and what each may take of it: paging never waits behind a reader."""

from __future__ import annotations

from enum import Enum


class ConnectionPool(Enum):
    """A pool of connections of its own, with its own patience."""

    OPEN = ("open", 10, 10, 3.0, 3.0, 10.0)
    """The console, the API, exports: whoever asks."""
    PAGING = ("paging", 8, 16, 3.0, 2.0, 4.0)
    """The engine, its hand-offs, the intake of detections."""

    def __init__(
        self,
        title: str,
        connections: int,
        overflow: int,
        pool_s: float,
        lock_s: float,
        statement_s: float,
    ) -> None:
        self.title = title
        self.connections = connections
        """Kept open. Both lanes together, with overflow, stay below half of the hundred that a
        PostgreSQL server allows unless told otherwise, so that a second backend fits beside."""
        self.overflow = overflow
        """How many more are opened when those are all in use."""
        self.pool_s = pool_s
        """How long one waits for a connection."""
        self.lock_s = lock_s
        """How long one waits for a lock of PostgreSQL's."""
        self.statement_s = statement_s
        """How long one statement may take on PostgreSQL."""
