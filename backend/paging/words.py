"""What a page says. Written down once, so that every try of it says the same."""

from __future__ import annotations

from typing import Any

from backend.database.tables import IncidentRow
from backend.paging.page import Page, summary
from backend.people.contact import Contact
from contract.instants import as_datetime
from contract.site import Site

Words = dict[str, Any]


def words(site: Site, incident: IncidentRow, severity: str | None = None) -> Words:
    """Return what a channel is told about an incident, as it stands now."""
    return {
        "severity": severity or incident.severity,
        "kind": incident.kind,
        "person": incident.person,
        "zone": incident.zone,
        "onset": as_datetime(incident.onset_ns).isoformat(),
        "summary": summary(site, incident),
        "reason": incident.reason,
        "exercise": incident.exercise,
    }


def page_from(row: Any, said: Words, to: Contact, url: str) -> Page:
    """Return the page of a row. Only `repeat`, and the person's address, differ between tries."""
    lines = (said["summary"], said["reason"], f"Acknowledge: {url}")
    return Page(
        id=row.id,
        token=row.token,
        created_ns=row.created_ns,
        incident=row.incident_id,
        severity=said["severity"],
        kind=said["kind"],
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
