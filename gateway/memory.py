"""What a later process must know and no block tells: last signs of people, bound devices."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from contract.report import Bound

_HEARD = """
INSERT INTO heard (person, zone, heard_ns) VALUES (?, ?, ?)
ON CONFLICT (person) DO UPDATE SET zone = excluded.zone, heard_ns = excluded.heard_ns
"""


class Memory:
    """Rows that are overwritten. The `keep_` methods run inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def heard(self) -> list[tuple[str, str | None, int]]:
        """Return person, last zone and instant of whoever was heard."""
        rows = self._connection.execute("SELECT person, zone, heard_ns FROM heard")
        return [(person, zone, heard_ns) for person, zone, heard_ns in rows]

    def keep_heard(
        self, rows: Iterable[tuple[str, str | None, int]], forget_before_ns: int
    ) -> None:
        """Note signs of people, and forget those of long ago."""
        self._connection.executemany(_HEARD, rows)
        self._connection.execute("DELETE FROM heard WHERE heard_ns < ?", (forget_before_ns,))

    def bound(self) -> list[Bound]:
        """Return the devices that were bound to whoever spoke for them first."""
        rows = self._connection.execute("SELECT device, agent FROM bound ORDER BY device")
        return [Bound(device=device, agent=agent) for device, agent in rows]

    def keep_bound(self, bound: Iterable[Bound]) -> None:
        """Note such devices, in the place of an agent that the site file has no more."""
        rows = [(each.device, each.agent) for each in bound]
        self._connection.executemany("INSERT OR REPLACE INTO bound VALUES (?, ?)", rows)
