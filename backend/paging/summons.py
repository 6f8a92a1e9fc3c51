"""Writes the pages of one call, and takes back what has not gone out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.database.announcement import announce
from backend.database.later import write_later
from backend.database.tables import Base, IncidentRow, PageRow
from backend.paging.calls import Call
from backend.paging.page import Purpose
from backend.paging.recall import recall
from backend.paging.words import words
from backend.timeline.timeline import note
from contract.instants import ns
from contract.site import Site


@dataclass(frozen=True)
class Summons:
    """What is wanted of those who are called, and how fast they are called after each other."""

    purpose: Purpose
    what: str = "paging"
    """What the timeline calls it."""
    gap_s: float = 0


PAGES = "pages"
"""What a transaction announces that has written pages: the engine looks then."""
CALL = Summons(Purpose.CALL)
FIRST = (1, 0)
"""Round and step of an incident's first call. Before it there is nothing to take back."""
_WRITE = insert(Base.metadata.tables[PageRow.__tablename__])

TOLD = {
    Purpose.CALL: "{tier} step {step}: paging {names}",
    Purpose.ASK: "{names} is asked: on scene?",
    Purpose.RAISED: "Told that it is worse: {names}",
    Purpose.REAL: "Told that it is no exercise any more: {names}",
    Purpose.LAST_RESORT: "{tier} last resort: calling {names}",
}


def summon(
    session: Session,
    site: Site,
    incident: IncidentRow,
    step: int,
    found: Sequence[Call],
    now_ns: int,
    how: Summons = CALL,
) -> None:
    """Write a page for each person and channel, due now or one after the other."""
    said = words(site, incident, how.purpose)
    turn = {person: n for n, person in enumerate(dict.fromkeys(call[0].person for call in found))}
    if (incident.round, step) != FIRST:
        # A newer call says more than an older one that still waits in the same line.
        lines = {(person.person, channel) for person, channel in found}
        recall(session, incident.id, calls=lines)
    pages = [
        {
            "round": incident.round,
            "step": step,
            "purpose": how.purpose,
            "person": person.person,
            "channel": channel,
            "severity": incident.severity,
            "created_ns": now_ns,
            "due_ns": now_ns + ns(how.gap_s * turn[person.person]),
            "token": secrets.token_hex(8),
            "text": said["summary"],
            "words": said,
        }
        for person, channel in found
    ]
    if incident.id is None:
        write_later(session, _WRITE, incident, *pages)
    else:
        rows = [{**page, "incident_id": incident.id} for page in pages]
        session.connection().execute(_WRITE, rows)
    announce(session, PAGES)
    names = ", ".join(dict.fromkeys(person.name for person, _ in found))
    told = TOLD[how.purpose].format(tier=incident.severity, step=step + 1, names=names)
    details = {"step": step, "climb": incident.climbs, "round": incident.round}
    note(session, incident, now_ns, how.what, told, details=details)


def withdraw(
    session: Session, incident: IncidentRow, now_ns: int, why: str, *, person: str | None = None
) -> int:
    """Take back the pages that have not gone out, all or one person's. Say how many."""
    taken = recall(session, incident.id, person=person)
    if taken:
        text = f"{taken} unsent page(s) withdrawn: {why}"
        note(session, incident, now_ns, "pages-withdrawn", text)
    return taken
