"""Who has an incident, and for how long their word holds.

An acknowledgement is a lease. Before it runs out whoever took it is asked where they are, and
passed over when they do not answer; "on scene" holds longer, and is asked about again. Each
function runs inside a write transaction.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, PageRow
from backend.incidents.lifecycle import Act, Life, after
from backend.paging.ladder import Ladders
from backend.paging.newest_rung import may_be_answered
from backend.paging.page import Purpose
from backend.paging.summons import withdraw
from backend.people.directory import person_name
from backend.timeline.timeline import note
from contract.site import Site


def hold(
    session: Session, site: Site, ladders: Ladders, incident: IncidentRow, now_ns: int
) -> None:
    """Let whoever has it have it for as long as the tier says, from now on."""
    times = site.response.of(incident.severity)
    there = incident.status == Life.ON_SCENE
    ladders.lease(session, incident, now_ns, times.ask_again_s if there else times.on_scene_s)


def take(
    session: Session,
    site: Site,
    ladders: Ladders,
    incident: IncidentRow,
    act: Act,
    person: str,
    now_ns: int,
) -> None:
    """Give the incident to somebody who takes it (`ACKNOWLEDGE`) or is there (`ARRIVE`)."""
    before = incident.acknowledged_by
    incident.status = after(incident.status, act)
    incident.lease += 1
    if before != person or incident.acknowledged_ns is None:
        incident.acknowledged_by, incident.acknowledged_ns = person, now_ns
    incident.on_scene_ns = now_ns if act is Act.ARRIVE else None
    incident.declined = [who for who in incident.declined if who != person]
    hold(session, site, ladders, incident, now_ns)


def give_back(session: Session, incident: IncidentRow) -> None:
    """Take the incident from whoever has it. Their answers count no more, not even as copies."""
    incident.status = after(incident.status, Act.GIVE_BACK)
    _nobody_has_it(incident)


def pass_over(session: Session, ladders: Ladders, incident: IncidentRow, now_ns: int) -> None:
    """Go on calling: whoever had it was asked and did not answer."""
    silent = incident.acknowledged_by or ""
    incident.status = after(incident.status, Act.PASS_OVER)
    _nobody_has_it(incident)
    text = f"{person_name(session, silent)} does not say where they are; the ladder goes on"
    note(session, incident, now_ns, "passed-over", text)
    ladders.lapse(session, incident, silent, now_ns)


def outgrow(session: Session, incident: IncidentRow, now_ns: int) -> str | None:
    """End a lease that was given for a milder tier. Return whose it was."""
    if incident.status != Life.ACKNOWLEDGED:
        return None
    holder = incident.acknowledged_by
    incident.status = after(incident.status, Act.OUTGROW)
    # They are still on their way, perhaps: the page and the board go on naming them.
    incident.lease += 1
    incident.on_scene_ns = None
    name = person_name(session, holder or "")
    text = f"{name} took a milder tier; {incident.severity} has been answered by nobody yet"
    note(session, incident, now_ns, "outgrown", text)
    return holder


def tell_who_had_it(
    session: Session, ladders: Ladders, incident: IncidentRow, holder: str, now_ns: int
) -> None:
    """Tell whoever took the milder tier that it is worse, unless the new tier calls them anyway."""
    called = select(PageRow.id).where(
        PageRow.incident_id == incident.id,
        PageRow.round == incident.round,
        PageRow.person == holder,
    )
    if session.scalars(called).first() is None:
        ladders.tell(session, incident, (holder,), now_ns, Purpose.RAISED)


def decline(
    session: Session, ladders: Ladders, incident: IncidentRow, person: str, name: str, now_ns: int
) -> None:
    """Note that somebody cannot come, and call the next at once where nobody else may come."""
    incident.declined = sorted({*incident.declined, person})
    withdraw(session, incident, now_ns, f"{name} cannot come", person=person)
    had_it = incident.acknowledged_by == person and incident.status in (
        Life.ACKNOWLEDGED,
        Life.ON_SCENE,
    )
    if had_it:
        give_back(session, incident)
    waits = incident.status == Life.OPEN and ladders.is_climbing(incident)
    if had_it or (waits and not may_be_answered(session, incident)):
        ladders.next_rung(session, incident, now_ns)


def become_real(session: Session, ladders: Ladders, incident: IncidentRow, now_ns: int) -> None:
    """Turn an exercise into an emergency, from the top, and tell everybody who was called."""
    incident.exercise = False
    if incident.status != Life.OPEN:
        incident.status = after(incident.status, Act.BECOME_REAL)
        _nobody_has_it(incident)
    note(session, incident, now_ns, "real", "Not an exercise any more: a real event has joined it")
    called = session.scalars(
        select(PageRow.person).filter_by(incident_id=incident.id).distinct()
    ).all()
    ladders.start(session, incident, now_ns)
    if called:
        ladders.tell(session, incident, sorted(called), now_ns, Purpose.REAL)


def _nobody_has_it(incident: IncidentRow) -> None:
    incident.lease += 1
    incident.acknowledged_by = incident.acknowledged_ns = incident.on_scene_ns = None
