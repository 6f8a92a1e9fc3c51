"""What a page says. Written down once, so that every try of it says the same."""

from __future__ import annotations

from typing import Any

from backend.database.tables import IncidentRow
from backend.paging.page import ASKS, Page, Purpose, summary
from backend.people.contact import Contact
from contract.instants import as_datetime
from contract.site import Site

Words = dict[str, Any]

HELP_NEEDED = "help_needed"
"""The kind that a call of the last resort names, whatever has happened."""


def words(
    site: Site,
    incident: IncidentRow,
    purpose: Purpose = Purpose.CALL,
    severity: str | None = None,
) -> Words:
    """Return what a channel is told about an incident, as it stands now.

    A call of the last resort goes to people who may have no business with the person in it: it
    names the place and the danger, and nothing of whom or how. Its link says more after an answer.
    """
    open_letter = purpose is Purpose.LAST_RESORT
    return {
        "severity": severity or incident.severity,
        "kind": HELP_NEEDED if open_letter else incident.kind,
        "purpose": purpose,
        "person": None if open_letter else incident.person,
        "zone": incident.zone,
        "onset": as_datetime(incident.onset_ns).isoformat(),
        "summary": summary(site, incident, purpose),
        "reason": "" if open_letter else incident.reason,
        "exercise": incident.exercise,
    }


def page_from(row: Any, said: Words, to: Contact, url: str) -> Page:
    """Return the page of a row. Only `repeat`, and the person's address, differ between tries."""
    purpose = Purpose(said.get("purpose", Purpose.CALL))
    lines = (said["summary"], said["reason"], f"{ASKS[purpose]}{url}")
    return Page(
        id=row.id,
        token=row.token,
        created_ns=row.created_ns,
        incident=row.incident_id,
        severity=said["severity"],
        kind=said["kind"],
        purpose=purpose,
        to=to,
        person=said["person"],
        zone=said["zone"],
        onset=said["onset"],
        summary=said["summary"],
        text="\n".join(line for line in lines if line),
        acknowledge_url=url,
        exercise=said["exercise"],
        repeat=row.repeat,
    )
