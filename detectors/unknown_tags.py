"""Counts reads of tags that nobody carries, by reader: somebody may have a new badge."""

from __future__ import annotations

from collections import Counter

KEPT = 1024
OTHER = "(other)"
"""Where a reader's unknown tags are counted once so many are: a dock hears thousands of pallets."""


class UnknownTags(Counter[tuple[str, str]]):
    """Reads by (reader, tag), a thousand of them by name.

    >>> counted = UnknownTags()
    >>> counted.note("dock-1", "e200bb01")
    >>> counted["dock-1", "e200bb01"]
    1
    """

    def note(self, reader: str, tag: str) -> None:
        """Count one read."""
        key = (reader, tag)
        if key not in self and len(self) >= KEPT:
            key = (reader, OTHER)
        self[key] += 1
