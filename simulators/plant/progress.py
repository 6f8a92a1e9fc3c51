"""How far a run of the plant is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float, float], None]
"""Is told what is being done, how far it is, and how much it is."""


def silent(_what: str, _done: float, _total: float) -> None:
    """Tell nobody."""
