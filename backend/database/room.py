"""Whether a database has room for what is to be written."""

from __future__ import annotations

import time
from types import TracebackType

from backend.errors import DatabaseFullError

REMEMBERED_S = 15.0
"""A full database is written to in vain every second: so long without that, and it has room."""


class DiskRoom:
    """Remembers when a writer last found none. Safe for threads."""

    def __init__(self) -> None:
        self._full_s: float | None = None

    @property
    def is_full(self) -> bool:
        """Whether a writer found no room a short while ago."""
        return self._full_s is not None and time.monotonic() - self._full_s < REMEMBERED_S

    def __enter__(self) -> DiskRoom:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, DatabaseFullError):
            self._full_s = time.monotonic()
