"""A picture that was taken, before it is known whether anybody will look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import EdgeError
from edge.vision.people import Picture


class NotAPictureError(EdgeError):
    """What came cannot be developed; the text says why."""


@dataclass(frozen=True, slots=True)
class Shot:
    """It is developed only if it is looked at: the conversion costs more than the decoding."""

    t_ns: int
    """UTC, when it came."""
    elapsed_ns: int
    """By a clock that nobody sets."""
    develop: Callable[[], Picture]
    """Return the picture, or raise `NotAPictureError`."""
