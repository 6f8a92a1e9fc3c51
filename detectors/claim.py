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
    """Which have seen it too. Of each fall a camera tells once."""


class Claim(NamedTuple):
    """As what something that a camera saw was told."""

    kind: DetectionKind
    person: str | None
    onset_ns: int
    confidence: float
    zone: str | None
    cameras: tuple[str, ...]
    """Which told of it. The first gave it its name, if it is nobody's …"""
    track: str | None
    """… and so did whom that camera saw. None: a wearable told of it first."""
