"""A page as a channel gets it, and its words."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.database.tables import IncidentRow
from backend.paging.titles import title
from backend.people.contact import Contact
from contract.instants import as_datetime
from contract.severity import Severity
from contract.site import Site

EXERCISE = "EXERCISE – "
REPEAT = " (repeat)"
ABOUT_US = "system:"
"""Subjects of incidents about the system itself, which has no place and no person."""


class Purpose(StrEnum):
    """What is wanted of whom a page reaches."""

    CALL = "call"
    """That they take it."""
    ASK = "ask"
    """That they, who have it, say where they are."""
    RAISED = "raised"
    """That they, who have it, know that it is worse."""
    REAL = "real"
    """That they know that it is no exercise any more."""
    LAST_RESORT = "last_resort"
    """That anybody at all takes it."""


PREFIXES = {
    Purpose.CALL: "",
    Purpose.ASK: "are you on scene? ",
    Purpose.RAISED: "worse than when you took it: ",
    Purpose.REAL: "NOT an exercise any more: ",
    Purpose.LAST_RESORT: "nobody has answered: ",
}
ASKS = {
    Purpose.CALL: "Acknowledge: ",
    Purpose.ASK: "Say where you are, or somebody else is called: ",
    Purpose.RAISED: "Acknowledge: ",
    Purpose.REAL: "Acknowledge: ",
    Purpose.LAST_RESORT: "If you can go, acknowledge: ",
}
DANGERS = {
    "A": "immediate danger there, do not go in uncleared",
    "B": "vehicles or hanging loads there",
    "C": "restricted",
}


class Page(BaseModel):
    """One call on one person's attention, ready to be handed off."""

    model_config = ConfigDict(frozen=True)

    id: int
    token: str
    """Random, the page's own: two databases that both have a page 7 are told apart by it."""
    created_ns: int
    incident: int
    severity: Severity
    kind: str
    purpose: Purpose = Purpose.CALL
    to: Contact
    person: str | None
    """Whom the incident is about, by id."""
    zone: str | None
    onset: str
    """ISO 8601, UTC."""
    summary: str
    """Severity, event, person, place, local time."""
    text: str
    """The summary with everything that a reader needs to act."""
    acknowledge_url: str
    exercise: bool
    repeat: bool


def summary(site: Site, incident: IncidentRow, purpose: Purpose = Purpose.CALL) -> str:
    """Return what happened, to whom, where and at what local time, and what is wanted.

    An exercise says so in its first word, before anybody starts to run.
    """
    where = zone_title(site, incident.zone) or "place unknown"
    if purpose is Purpose.LAST_RESORT and not incident.subject.startswith(ABOUT_US):
        danger = DANGERS.get(str(incident.facts.get("hazard", "none")))
        place = f"{where} ({danger})" if danger else where
        return f"{incident.severity}: somebody needs help, {place}. Nobody has answered"
    when = local_time(site, incident.onset_ns, incident.opened_ns)
    what = incident_title(site, incident)
    about_us = incident.subject.startswith(ABOUT_US)
    whom = incident.reason if about_us else f"{subject_name(site, incident)}, {where}"
    event = f"{what}, {whom}, {when}"
    told = f"{incident.severity}: {PREFIXES[purpose]}{event}"
    return EXERCISE + told if incident.exercise else told


def incident_title(site: Site, incident: IncidentRow) -> str:
    """Return the incident in a few words."""
    over_ns = incident.cleared_ns
    return title(
        incident.kind,
        str(incident.assessment.get("rule", "")),
        zone_title(site, incident.zone),
        cancelled=bool(incident.facts.get("cancelled", False)),
        until=None if over_ns is None else local_time(site, over_ns, incident.opened_ns),
    )


def local_time(site: Site, at_ns: int, beside_ns: int) -> str:
    """Return an instant by the site's clocks, with its date where another one has not the same."""
    at, beside = (as_datetime(each, site.site.time_zone) for each in (at_ns, beside_ns))
    return f"{at:%H:%M:%S}" if at.date() == beside.date() else f"{at:%Y-%m-%d %H:%M:%S}"


def subject_name(site: Site, incident: IncidentRow) -> str:
    """Return the name of whom it is about, or of the device when nobody is known."""
    if incident.person is None:
        return f"device {incident.device}"
    wearer = site.wearers.get(incident.person)
    return wearer.name if wearer else f"{incident.person} (not in the site file)"


def zone_title(site: Site, zone: str | None) -> str | None:
    """Return how people call a zone."""
    known = site.zones.get(zone) if zone else None
    return (known.title or known.id) if known else zone
