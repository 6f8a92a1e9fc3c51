"""The detectors that keep one state for the whole site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contract.detection import Detection
from contract.message import Message
from detectors.finder import AnyFinder
from detectors.finding import Finding
from detectors.outcome import Fault, Stepped
from detectors.subject import Subject


class SiteWide:
    """Steps each detector of the whole site with whatever it accepts, detections included.

    Parameters
    ----------
    site
        The site's id: what they are about.
    """

    def __init__(self, detectors: Iterable[AnyFinder], site: str) -> None:
        self._detectors = tuple(d for d in detectors if d.keyed_by == "site")
        self._site = site
        self._states: dict[int, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._detectors)

    def step(self, message: Message) -> Stepped:
        """Return what each detector found, and which failed: those begin anew."""
        found: list[tuple[str, tuple[Finding, ...]]] = []
        faults: list[Fault] = []
        for number, detector in enumerate(self._detectors):
            if not isinstance(message, detector.accepts):
                continue
            try:
                if number not in self._states:
                    self._states[number] = detector.start(Subject(self._site))
                self._states[number], new = detector.step(self._states[number], message)
            except Exception as error:
                self._states.pop(number, None)
                reason = f"{type(error).__name__}: {error}"
                faults.append(Fault(detector.kind, self._site, reason))
            else:
                if new:
                    found.append((detector.kind, new))
        return Stepped(tuple(found), tuple(faults))

    def answers_for(self, detection: Detection, failed: frozenset[str]) -> bool:
        """Whether a detector that has not failed says itself what a detection of another is."""
        takers = (d for d in self._detectors if d.kind not in failed)
        return any(taker.takes_over(detection) for taker in takers)
