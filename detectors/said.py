"""What is said of one message, by whatever looked at it."""

from __future__ import annotations

from collections.abc import Iterable

from contract.detection import Detection
from detectors.context import Arrival
from detectors.finding import Finding
from detectors.outcome import Fault, Stepped
from detectors.telling import Origin, Telling


class Said:
    """Gathers what is said of one message, and what went wrong."""

    __slots__ = ("_arrival", "_telling", "by_site", "detections", "faults")

    def __init__(self, telling: Telling, arrival: Arrival) -> None:
        self._telling = telling
        self._arrival = arrival
        self.detections: list[Detection] = []
        """By detectors of a device or of a person."""
        self.by_site: list[Detection] = []
        """By detectors of the whole site."""
        self.faults: list[Fault] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.detections or self.by_site or self.faults)

    def of_device(
        self, detector: str, device: str, found: Iterable[Finding], raised: str | None
    ) -> None:
        """Take in what one detector found on a device, and what it raised, if it did."""
        self.detections += self._told(detector, found, Origin(device))
        if raised is not None:
            self.faults.append(Fault(detector, device, raised))

    def of_others(self, stepped: Stepped, origin: Origin) -> None:
        """Take in what the detectors of a person found."""
        self.detections += self._all(stepped, origin)

    def of_site(self, stepped: Stepped, origin: Origin) -> None:
        """Take in what the detectors of the whole site found."""
        self.by_site += self._all(stepped, origin)

    def _all(self, stepped: Stepped, origin: Origin) -> list[Detection]:
        self.faults += stepped.faults
        return [
            detection
            for kind, found in stepped.found
            for detection in self._told(kind, found, origin)
        ]

    def _told(
        self, detector: str, found: Iterable[Finding], origin: Origin
    ) -> tuple[Detection, ...]:
        told = self._telling.tell(detector, found, origin, self._arrival)
        self.faults += told.faults
        return told.detections
