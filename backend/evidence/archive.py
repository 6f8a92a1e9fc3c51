"""The labelled sensor windows, as they leave the site: without names, instants or places."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import ACCESS
from backend.database.tables import DetectionRow, EvidenceRow, IncidentRow
from backend.incidents.lifecycle import Life
from backend.incidents.outcome import CANCELLED, Outcome, verdict_of
from backend.people.directory import require_person
from backend.timeline.access import note_access
from contract.detection_kinds import DetectionKind
from contract.instants import seconds

Label = Literal["fall", "false-alarm", "cancelled"]
LABELS: Mapping[str, Label] = {
    Outcome.REAL: "fall",
    Outcome.FALSE_ALARM: "false-alarm",
    CANCELLED: "cancelled",
}
"""Labels by verdict. A test or an exercise has none: nobody can say what it looked like."""
KIND = DetectionKind.FALL
"""Windows of claims of other kinds teach a fall detector nothing."""


@dataclass(frozen=True)
class LabelledWindow:
    """One sensor window around a claim of a fall, and what it was.

    `subject` is the same for all windows of one person in one export, and says nothing else: it is
    made anew each time, so two exports cannot be laid over each other.
    """

    subject: str
    label: Label
    odr_hz: float
    scale_g: float
    range_g: float | None
    worn: str | None
    claimed_at_s: float
    """The detector's onset, in seconds from the first sample."""
    accel_i16: bytes


@dataclass(frozen=True)
class LabelledWindows:
    """Which windows there are, and how many are left out for what reason."""

    keys: Sequence[tuple[str, str]]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Archive:
    """Reads labelled windows for an export, and puts every export on record."""

    database: Database

    def find(
        self,
        labels: frozenset[str],
        since_ns: int = 0,
        until_ns: int = 2**63 - 1,
        *,
        exercises: bool = False,
    ) -> LabelledWindows:
        """Return the windows with one of these labels whose claim began in this span."""
        keys: list[tuple[str, str]] = []
        left_out: Counter[str] = Counter()
        with self.database.read() as session:
            for row in session.scalars(
                select(EvidenceRow).order_by(EvidenceRow.incident_id, EvidenceRow.detection_id)
            ):
                claim = _claim(session, row)
                if claim.kind != KIND or not since_ns <= claim.onset_ns < until_ns:
                    continue
                incident = session.get_one(IncidentRow, row.incident_id)
                reason = _reason(session, incident, row, labels, exercises=exercises)
                if reason is None:
                    keys.append((row.detection_id, row.device))
                else:
                    left_out[reason] += 1
        return LabelledWindows(keys, dict(left_out))

    def windows(self, keys: Sequence[tuple[str, str]]) -> Iterator[LabelledWindow]:
        """Yield these windows, one at a time; names are made up anew for each call."""
        secret = secrets.token_bytes(16)
        with self.database.read() as session:
            for key in keys:
                row = session.get_one(EvidenceRow, key)
                incident = session.get_one(IncidentRow, row.incident_id)
                verdict = verdict_of(session, incident)
                if verdict is None:  # opened again since it was found
                    continue
                claim = _claim(session, row)
                yield LabelledWindow(
                    subject=_pseudonym(secret, claim.subject),
                    label=LABELS[verdict.label],
                    odr_hz=row.odr_hz,
                    scale_g=row.scale_g,
                    range_g=row.range_g,
                    worn=row.worn,
                    claimed_at_s=seconds(claim.onset_ns - row.t0_ns),
                    accel_i16=row.accel_i16,
                )
                session.expunge(row)

    def allowed(self, who: str) -> None:
        """Raise `UnknownError` unless the database knows who wants to take windows away."""
        with self.database.read() as session:
            require_person(session, who)

    def note_export(
        self, who: str, keys: Sequence[tuple[str, str]], now_ns: int, **details: object
    ) -> None:
        """Write down who takes which windows away; durable when this returns."""
        told = {**details, "windows": [f"{detection}/{device}" for detection, device in keys]}
        with self.database.write(ACCESS) as session:
            note_access(session, now_ns, who, "export-alarms", told)


def _reason(
    session: Session,
    incident: IncidentRow,
    row: EvidenceRow,
    labels: frozenset[str],
    *,
    exercises: bool,
) -> str | None:
    """Return why a window is left out; None if it is not."""
    verdict = verdict_of(session, incident)
    if incident.status != Life.RESOLVED:
        return "not resolved"
    if verdict is None:
        return "nobody said what it was"
    if verdict.label == Outcome.EXERCISE or (incident.exercise and not exercises):
        return "exercise"
    if LABELS[verdict.label] not in labels:
        return "other label"
    return None if row.complete else "not complete"


def _claim(session: Session, row: EvidenceRow) -> DetectionRow:
    wanted = select(DetectionRow).filter_by(id=row.detection_id).order_by(DetectionRow.onset_ns)
    return session.scalars(wanted.limit(1)).one()


def _pseudonym(secret: bytes, subject: str) -> str:
    return "p" + hashlib.blake2b(subject.encode(), key=secret, digest_size=5).hexdigest()
