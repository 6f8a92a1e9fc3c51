"""The clips of incidents: taken in and noted there, listed, and read on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from backend.clips.store import ClipStore, KeptFile
from backend.clips.tickets import Tickets
from backend.database.connection import Database
from backend.database.keys import ACCESS, of_claim, of_incident
from backend.database.tables import DetectionRow, IncidentRow
from backend.errors import UnknownError
from backend.timeline.access import note_access
from backend.timeline.timeline import note
from contract.instants import Clock

NAMES = {"clip.mp4": "its clip", "snapshot.jpg": "a snapshot"}


@dataclass(frozen=True)
class Clips:
    """Clips and snapshots of cameras: where they are delivered, kept and looked at."""

    tickets: Tickets
    store: ClipStore
    database: Database
    clock: Clock

    def receive(self, signed: str, piece: str, start: int, total: int, content: bytes) -> int:
        """Take bytes in at a signed address; return how many are held. The last one is noted."""
        ticket = self.tickets.open(signed)
        held, is_whole = self.store.receive(ticket, piece, start, total, content)
        if is_whole:
            size = f"{total / 1e6:.1f} MB" if total >= 1e6 else f"{total / 1e3:.0f} kB"
            told = f"{ticket.device} delivered {NAMES[piece]} ({size}, heads blurred)"
            details = {"detection": ticket.detection, "device": ticket.device, "piece": piece}
            with self.database.write(of_claim(ticket.detection)) as session:
                known = select(DetectionRow).filter_by(id=ticket.detection).limit(1)
                row = session.scalars(known).first()
                if row is not None and row.incident_id is not None:
                    self.database.take(session, of_incident(row.incident_id))
                    incident = session.get_one(IncidentRow, row.incident_id)
                    note(session, incident, self.clock(), "evidence", told, details=details)
        return held

    def of(self, incident: int) -> Sequence[KeptFile]:
        """Return the clips of an incident, or raise `UnknownError`."""
        with self.database.read() as session:
            if session.get(IncidentRow, incident) is None:
                raise UnknownError(f"there is no incident {incident}")
            rows = select(DetectionRow.id).filter_by(incident_id=incident).distinct()
            detections = set(session.scalars(rows))
        return self.store.of(detections)

    def open(self, name: str, who: str) -> KeptFile:
        """Return a clip to be shown, once it is on record that it was."""
        kept = self.store.find(name)
        with self.database.write(ACCESS) as session:
            note_access(session, self.clock(), who, "clip", {"file": name})
        return kept
