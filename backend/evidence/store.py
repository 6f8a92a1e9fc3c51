"""Keeps the sensor window around an event."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import of_claim, of_incident
from backend.database.tables import DetectionRow, EvidenceRow, IncidentRow
from backend.errors import ContradictionError, RefusedInputError, UnknownError
from backend.timeline.timeline import note
from contract.detection import Waveform
from contract.imu import BYTES_PER_SAMPLE
from contract.site import Site


@dataclass(frozen=True)
class EvidenceStore:
    """Windows by detection and device. A window grows; a shorter copy of it changes nothing."""

    site: Site
    database: Database

    def receive(self, detection: str, waveform: Waveform, now_ns: int) -> int:
        """Store a window durably, and return the incident that it belongs to.

        Raises
        ------
        UnknownError
            When the detection has not arrived. The sender tries again after sending that.
        ContradictionError
            When the window is of another detection than its address, or of a wearer's word.
        RefusedInputError
            When it does not hold whole samples.
        """
        if waveform.detection != detection:
            raise ContradictionError(
                f"the waveform is of detection {waveform.detection}, the address of {detection}"
            )
        if len(waveform.accel_i16) % BYTES_PER_SAMPLE:
            raise RefusedInputError(
                f"accel_i16 has {len(waveform.accel_i16)} bytes, not a multiple of "
                f"{BYTES_PER_SAMPLE} (three axes of int16)"
            )
        with self.database.write(of_claim(detection)) as session:
            known = session.scalars(select(DetectionRow).filter_by(id=detection).limit(1)).first()
            if known is None:
                raise UnknownError(
                    f"no detection {detection}", hint="post the detection first, then its evidence"
                )
            if known.incident_id is None:
                raise ContradictionError(f"a {known.kind} opens no incident and needs no evidence")
            self.database.take(session, of_incident(known.incident_id))
            incident = session.get_one(IncidentRow, known.incident_id)
            self._keep(session, incident, waveform, now_ns)
            return incident.id

    def _keep(
        self, session: Session, incident: IncidentRow, waveform: Waveform, now_ns: int
    ) -> None:
        kept = session.get(EvidenceRow, (waveform.detection, waveform.device))
        if kept is not None and (kept.complete, kept.samples) >= (
            waveform.complete,
            waveform.count,
        ):
            return
        device = self.site.devices.get(waveform.device)
        row = EvidenceRow(
            detection_id=waveform.detection,
            device=waveform.device,
            incident_id=incident.id,
            t0_ns=waveform.t0_ns,
            odr_hz=waveform.odr_hz,
            scale_g=waveform.scale_g,
            range_g=waveform.range_g,
            worn=device.worn if device else None,
            accel_i16=waveform.accel_i16,
            samples=waveform.count,
            complete=waveform.complete,
            received_ns=now_ns,
        )
        if kept is None:
            session.add(row)
        else:
            session.merge(row)
        if kept is None or waveform.complete:
            whole = "complete" if waveform.complete else "more follows"
            told = f"{waveform.count / waveform.odr_hz:.0f} s of {waveform.device} kept ({whole})"
            note(
                session,
                incident,
                now_ns,
                "evidence",
                told,
                details={"detection": waveform.detection},
            )
