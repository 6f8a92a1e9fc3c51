"""Somebody came into a zone or left it: what presence tells the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Crossing:
    """One settled change of a person's zone. Every entry has one exit, or is still open.

    Attributes
    ----------
    person, zone
        Ids from the site file.
    direction
        An entry, or the exit that ends it.
    at_ns
        When the estimate says that it happened, UTC nanoseconds.
    decided_ns
        The time of the read, door event or tick that settled it; never before `at_ns`.
    confidence
        0 to 1: the probability of the zone at `decided_ns`.
    device
        The reader, door or camera that weighed most.
    evidence
        The reads behind it in numbers, units in their names.
    track
        Whom a camera saw, as in `detection/1`.
    """

    person: str
    zone: str
    direction: Literal["entry", "exit"]
    at_ns: int
    decided_ns: int
    confidence: float
    device: str | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    track: str | None = None
