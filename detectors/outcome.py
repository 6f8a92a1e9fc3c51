"""What the pipeline made of one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from contract.detection import Detection
from detectors.finding import Finding
from detectors.seqwindow import Verdict


@dataclass(frozen=True, slots=True)
class Fault:
    """A detector raised. The others went on; this one starts afresh for this subject."""

    detector: str
    subject: str
    reason: str


class Stepped(NamedTuple):
    """What detectors made of one message, each by its kind, and which of them failed."""

    found: tuple[tuple[str, tuple[Finding, ...]], ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Detections, and what went wrong. A duplicate has neither."""

    verdict: Verdict
    detections: tuple[Detection, ...] = ()
    faults: tuple[Fault, ...] = ()
    observations: tuple[Detection, ...] = ()
    """What is nobody's incident by itself: where a badge is, whom a camera sees in a zone."""
