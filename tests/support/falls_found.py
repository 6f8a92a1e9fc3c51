"""What a fall detector says of a body that does something."""

from __future__ import annotations

from collections.abc import Sequence

from contract.instants import seconds
from detectors.fall.detector import FallDetector
from detectors.finding import Finding
from tests.support.detector_checks import run
from tests.support.motions import T0_NS, Part, blocks, sampled
from tests.support.posture_weights import by_posture


def found(
    parts: Sequence[Part],
    odr_hz: float = 50.0,
    detector: FallDetector | None = None,
    range_g: float = 16.0,
) -> list[Finding]:
    """Return all that is found; by posture, unless another detector is given."""
    sent = blocks(sampled(parts, odr_hz), odr_hz, range_g=range_g)
    return run(detector or by_posture(), sent)


def phases(findings: Sequence[Finding]) -> list[str]:
    """Return the phase of each."""
    return [finding.phase for finding in findings]


def onsets(findings: Sequence[Finding]) -> list[Finding]:
    """Return the beginnings."""
    return [finding for finding in findings if finding.phase == "onset"]


def since_s(at_ns: int) -> float:
    """Return an instant as seconds from the first sample."""
    return seconds(at_ns - T0_NS)
