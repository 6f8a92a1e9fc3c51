"""A camera that sees nothing: its area is not watched, and somebody is told so."""

from __future__ import annotations

from typing import NamedTuple

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds
from contract.tracks import Frame
from detectors.finding import Finding

SAID = {
    "black": "its picture is black",
    "covered": "something covers its lens",
    "frozen": "its picture has frozen",
    "moved": "it looks elsewhere than when its zones were drawn",
}


class Blindness(NamedTuple):
    """Since when a camera is blind, and whether that was told."""

    since_ns: int
    view: str
    told: bool = False


def watched(
    blindness: Blindness | None, frame: Frame, after_s: float
) -> tuple[Blindness | None, tuple[Finding, ...]]:
    """Return the blindness after a frame, and that it has lasted, or is over."""
    if frame.view == "clear":
        if blindness is not None and blindness.told:
            return None, (_finding(blindness, "clear", frame.t_ns),)
        return None, ()
    if blindness is None:
        blindness = Blindness(frame.t_ns, frame.view)
    if blindness.told or frame.t_ns - blindness.since_ns < ns(after_s):
        return blindness, ()
    blindness = blindness._replace(told=True, view=frame.view)
    return blindness, (_finding(blindness, "onset", frame.t_ns),)


def _finding(blindness: Blindness, phase: Phase, t_ns: int) -> Finding:
    said = SAID.get(blindness.view, blindness.view)
    return Finding(
        kind=DetectionKind.BLIND_AREA,
        phase=phase,
        onset_ns=blindness.since_ns,
        decided_ns=t_ns,
        confidence=1.0,
        reason="the camera sees again" if phase == "clear" else f"the camera is blind: {said}",
        evidence={"blind_s": round(seconds(t_ns - blindness.since_ns), 2)},
    )
