"""What a rule says: that something is wrong, since when, and from when on it is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from contract.detection_kinds import DetectionKind

FactValue = float | bool | str | int
Clock = Literal["dwell_s", "silent_s", "overstay_s"]


class Recheck(NamedTuple):
    """Nothing is wrong so far, but look again then, though nobody has moved."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Something is wrong in a zone, as far as is known at `at_ns`.

    It is one breach for as long as a rule keeps claiming it of the same person and zone.
    """

    kind: DetectionKind
    person: str | None
    """The person that it is about; None: the zone as a whole."""
    onset_ns: int
    """When it went wrong."""
    from_ns: int
    """When it is told at the earliest: what is over before was nothing."""
    at_ns: int
    words: str
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    """The facts that severity hangs on. A change of these is told."""
    clock: Clock = "dwell_s"
    """The fact that measures how long it has lasted."""
    steps_s: tuple[float, ...] = ()
    """It is told again when it has lasted this long."""
    device: str | None = None
    track: str | None = None
    """Whom `device`, a camera, sees."""
    confidence: float = 1.0
    until_ns: int | None = None
    """When it may be right again by itself."""
    names: tuple[str, ...] = ()
    """Who is concerned, where it is about a whole zone. A change is told, but not at once."""
    linger: bool = True
    """A short absence does not end it."""
