"""What a detector says, before the pipeline adds who and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim about the subject that the detector was started for.

    Attributes
    ----------
    kind, phase
        As in `detection/1`. An update or a clear has the `onset_ns` of the claim that it is about.
    onset_ns, decided_ns
        When the condition began in the signal, and the time of the sample that settled this phase.
    confidence
        0 to 1.
    reason
        The claim in words, for a person at 03:00.
    evidence
        Numbers for people and plots, units in their names.
    facts
        What severity hangs on, by the names of `contract.severity.Facts`.
    zone
        Where, when the detector knows it.
    device
        What measured it, when not the device whose block was being looked at.
    person
        Whom it is about, when a detector of the whole site says so: the wearer's id.
    track
        Whom it is about, when a camera sees somebody and cannot say who: `track` of `detection/1`.
        All phases of a claim have the same one: it is a part of the claim's id.
    """

    kind: DetectionKind
    phase: Phase
    onset_ns: int
    decided_ns: int
    confidence: float
    reason: str
    evidence: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, float | bool | str | int] = field(default_factory=dict)
    zone: str | None = None
    device: str | None = None
    person: str | None = None
    track: str | None = None
