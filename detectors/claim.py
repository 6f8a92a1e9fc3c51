"""What sensors told of a fall, as far as fusion must remember it."""

from __future__ import annotations

from typing import NamedTuple

from contract.detection_kinds import DetectionKind


class Worn(NamedTuple):
    """A fall that a wearable told of."""

    person: str
    zone: str | None
    onset_ns: int
    confidence: float
    cameras: tuple[str, ...] = ()
    """The cameras that have seen it too. Of each fall a camera tells once."""


class Claim(NamedTuple):
    """A claim that was told of what a camera saw: its kind, and whom it is about."""

    kind: DetectionKind
    person: str | None
    onset_ns: int
    confidence: float
    zone: str | None
    cameras: tuple[str, ...]
    """The cameras that told of it. The first is in its id, if nobody knows whom it is about …"""
    track: str | None
    """… and so is the track of whom it saw. None: a wearable told of it first."""
