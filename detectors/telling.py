"""Makes detections of findings: whose each is, and each once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from pydantic import ValidationError

from contract.batch import explain
from contract.detection import Detection
from contract.detection_kinds import DetectionKind
from detectors.context import Arrival, Context
from detectors.finding import Finding
from detectors.outcome import Fault
from detectors.wearers import Wearers
from detectors.whereabouts import Whereabouts

KEPT = 4096
"""Detections that are known again; the oldest go first."""


class Origin(NamedTuple):
    """Where a message came from that findings were made of."""

    device: str | None
    person: str | None = None


class Told(NamedTuple):
    """What is said now, and what a detector found that cannot be said."""

    detections: tuple[Detection, ...] = ()
    faults: tuple[Fault, ...] = ()


NOTHING = Told()


class Telling:
    """Says whom a finding is about, and says nothing twice.

    A detector judges again what a late block changes, so it finds the same once more; and a
    gateway that was started anew plays its last seconds again.
    """

    def __init__(self, wearers: Wearers, whereabouts: Whereabouts, context: Context) -> None:
        self._wearers = wearers
        self._whereabouts = whereabouts
        self._context = context
        self._said: OrderedDict[tuple[str, str, str, int], None] = OrderedDict()

    def tell(
        self, detector: str, found: Iterable[Finding], origin: Origin, arrival: Arrival
    ) -> Told:
        """Return what a detector found that was not said before.

        What cannot be said is the detector's fault. Whoever is found to be somewhere is there for
        all findings after it.
        """
        detections: list[Detection] = []
        faults: list[Fault] = []
        for finding in found:
            whom = finding.person or origin.person
            whom = whom or self._wearers.of_device(finding.device or origin.device)
            if finding.kind == DetectionKind.PRESENCE:
                if whom is None:
                    continue
                self._whereabouts.note(whom, finding)
            try:
                detection = self._context.detection(finding, origin.device, whom, arrival)
            except ValidationError as error:
                subject = whom or origin.device or ""
                faults.append(Fault(detector, subject, f"{finding.kind}: {explain(error)}"))
                continue
            if self._is_new(detector, detection):
                detections.append(detection)
        return Told(tuple(detections), tuple(faults))

    def _is_new(self, detector: str, detection: Detection) -> bool:
        key = (detector, detection.id, detection.phase, detection.decided_ns)
        if key in self._said:
            return False
        self._said[key] = None
        if len(self._said) > KEPT:
            self._said.popitem(last=False)
        return True
