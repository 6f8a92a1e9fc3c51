"""What the pipeline adds to a finding: who, where, how bad it is, and when it was heard."""

from __future__ import annotations

from typing import NamedTuple

from contract.detection import Detection, detection_id, subject_of
from contract.instants import seconds
from contract.moment import length, span
from contract.severity import Facts, assess
from contract.site import Site
from detectors.finding import Finding
from detectors.standing import Holding
from detectors.whereabouts import Whereabouts


class Arrival(NamedTuple):
    """How the message came that settled a finding."""

    heard_ns: int | None
    """When it arrived, by the gateway's clock; None where nobody said."""
    late: bool = False
    """Measured long before."""
    signed: bool | None = None
    """Whether its agent had signed it; None where nobody said."""
    off_ns: int | None = None
    """By how much its device's clock was ahead, where the time of arrival was taken instead."""


class Context:
    """The site around a finding: whose the device is, where they are, what the zone does.

    It makes a detection of a finding. `Arrival` is told with it, and decides nothing.
    """

    def __init__(
        self, site: Site, whereabouts: Whereabouts, holding: Holding, *, exercise: bool
    ) -> None:
        self._site = site
        self._whereabouts = whereabouts
        self._holding = holding
        self._exercise = exercise
        self._carried = {d.wearer: d.id for d in reversed(site.device) if d.wearer}

    def detection(
        self, finding: Finding, device_id: str | None, person: str | None, arrival: Arrival
    ) -> Detection:
        """Return a finding as it is told. Raises ValidationError for what cannot be told."""
        measured_by = finding.device or device_id or self._carried.get(person or "", "")
        device = self._site.devices.get(measured_by)
        wearer = self._site.wearers.get(person) if person else None
        zone_id, evidence = finding.zone, dict(finding.evidence)
        last = self._whereabouts.last(person or "", finding.decided_ns)
        if zone_id is None and last is not None:
            zone_id = last.zone
            if last.left_ns is not None:
                evidence["zone_age_s"] = max(0.0, seconds(finding.decided_ns - last.left_ns))
        if zone_id is None and device is not None:
            zone_id = device.zone
        zone = self._site.zones.get(zone_id or "")
        alone = (
            zone is not None
            and zone.alone_max_s is not None
            and person is not None
            and self._whereabouts.is_alone(person, zone.id)
        )
        facts = Facts.model_validate(
            {
                "kind": finding.kind,
                "hazard": zone.hazard if zone else "none",
                "live": zone is not None and self._holding.is_live(zone),
                "idlh": zone is not None and zone.idlh,
                "lone": alone or bool(wearer and wearer.lone),
                **finding.facts,
            }
        )
        said = _of_its_time(finding, arrival, evidence)
        subject = subject_of(finding.kind, person, zone_id, measured_by, finding.track)
        return Detection(
            id=detection_id(finding.kind, subject, finding.onset_ns),
            kind=finding.kind,
            phase=finding.phase,
            site=self._site.id,
            device=measured_by,
            person=person,
            zone=zone_id,
            onset_ns=finding.onset_ns,
            decided_ns=finding.decided_ns,
            confidence=finding.confidence,
            evidence=evidence,
            reason=finding.reason if said is None else f"{finding.reason[:400]}; {said}",
            facts=facts,
            assessment=assess(facts, self._site.severity),
            late=arrival.late,
            exercise=self._exercise,
            track=finding.track,
            heard_ns=arrival.heard_ns,
            signed=arrival.signed,
        )


def _of_its_time(finding: Finding, arrival: Arrival, evidence: dict[str, float]) -> str | None:
    """Return in words what is odd about when it was, and note it: whoever is called must know."""
    if arrival.off_ns is not None:
        evidence["clock_off_s"] = round(seconds(arrival.off_ns), 1)
        return f"its clock is {span(arrival.off_ns)}, so the time is that of its arrival"
    if arrival.late and arrival.heard_ns is not None and finding.phase == "onset":
        age_ns = max(0, arrival.heard_ns - finding.decided_ns)
        evidence["age_s"] = round(seconds(age_ns), 1)
        return f"it arrived {length(age_ns)} later"
    return None
