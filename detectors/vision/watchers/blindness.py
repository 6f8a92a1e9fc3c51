"""A camera that sees nothing: its area is not watched, and somebody is told so."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from pydantic import Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds
from contract.tracks import Frame
from detectors.finding import Finding
from detectors.vision.watcher import Look, Watcher

SAID = {
    "black": "its picture is black",
    "covered": "something covers its lens",
    "frozen": "its picture has frozen",
    "moved": "it looks elsewhere than when its zones were drawn",
}


class Blindness(NamedTuple):
    """A camera that is blind: since when, in what way, and whether that was told."""

    since_ns: int
    view: str
    told: bool = False


class BlindAreaWatcher(Watcher[Blindness | None]):
    """Whether a camera sees at all: black, covered, frozen or turned away, nobody is watched."""

    kind: ClassVar[str] = "blind_area"
    tells: ClassVar = frozenset({DetectionKind.BLIND_AREA})

    blind_s: float = Field(3.0, ge=0, le=600, description="Blind for so long: told")

    def start(self) -> None:
        """Return that the camera sees."""
        return

    def look(
        self, state: Blindness | None, look: Look
    ) -> tuple[Blindness | None, tuple[Finding, ...]]:
        """End the blindness, if it was told."""
        if state is None or not state.told:
            return None, ()
        return None, (_finding(state, "clear", look.t_ns),)

    def blind(
        self, state: Blindness | None, frame: Frame
    ) -> tuple[Blindness | None, tuple[Finding, ...]]:
        """Tell of it when it has lasted."""
        blindness = state or Blindness(frame.t_ns, frame.view)
        if blindness.told or frame.t_ns - blindness.since_ns < ns(self.blind_s):
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
