"""Moves an incident between tiers. The system only raises; lowering is a named human's act."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow
from backend.incidents import holding
from backend.incidents.lifecycle import Life
from backend.paging.ladder import Ladders, plan
from backend.paging.summons import withdraw
from backend.timeline.timeline import SYSTEM, note
from contract.severity import Assessment, Facts, Severity, applicable, assess_without
from contract.site import Site

STILL = frozenset({"fall/still", "person-down/still"})
"""Rules about a stillness. One that ended and began again is another fact of the same rule."""
BY_HAND = "by-hand"
"""The rule of a tier that a named human set."""


def raise_if_worse(
    session: Session,
    site: Site,
    ladders: Ladders,
    incident: IncidentRow,
    known: Iterable[Facts],
    now_ns: int,
) -> bool:
    """Raise the incident to the worst tier that these facts give, if that is worse than its own.

    Rules that held when a named human lowered the tier are overruled: they raise nothing. Any other
    rule does, though it be of the same tier as the one that was overruled. The new tier's clock
    starts now and its ladder is paged from the top. Of equal tiers the more specific rule is
    quoted.
    """
    worst = _worst(site, incident, known)
    if worst is None:
        return False
    current = Severity(incident.severity)
    if worst.severity.worse_than(current):
        _reach(incident, worst.severity, now_ns)
        incident.assessment = worst.model_dump(mode="json")
        text = f"Raised from {current} to {worst.severity}: {worst.because}"
        details = {"from": str(current), **_told(worst)}
        note(session, incident, now_ns, "raised", text, details=details)
        _call_for_the_tier(session, site, ladders, incident, now_ns)
        return True
    known_rule = incident.assessment["rule"]
    kept = known_rule in (worst.rule, BY_HAND) or facts_of(incident).cancelled
    if worst.severity == current and not kept:
        incident.assessment = worst.model_dump(mode="json")
        text = f"Still {current}: {worst.because}"
        note(session, incident, now_ns, "assessed", text, details=_told(worst))
    return False


def overrule(site: Site, incident: IncidentRow, known: Facts, at_ns: int) -> None:
    """Let no rule that these facts meet raise the incident again: a named human knew of them."""
    rules = {rule.name for rule in applicable(known, site.severity)}
    incident.overruled = sorted({*incident.overruled, *rules})
    incident.overruled_ns = max(incident.overruled_ns or 0, at_ns)


def notice_stillness(incident: IncidentRow, still_since_ns: int) -> None:
    """Let a stillness raise the incident that began after a named human had lowered it."""
    if incident.overruled_ns is not None and still_since_ns > incident.overruled_ns:
        incident.overruled = [name for name in incident.overruled if name not in STILL]


def set_tier(
    session: Session,
    site: Site,
    ladders: Ladders,
    incident: IncidentRow,
    assessment: Assessment,
    now_ns: int,
    *,
    who: str,
    text: str,
) -> None:
    """Put the incident into a tier because a named human said so, and start that tier's clock.

    Pages of a higher tier that have not gone out are withdrawn.
    """
    if who == SYSTEM:
        raise ValueError("the system does not set tiers by hand")
    current = Severity(incident.severity)
    raised = assessment.severity.worse_than(current)
    what = "raised" if raised else "lowered"
    if not raised:
        overrule(site, incident, facts_of(incident), now_ns)
    _reach(incident, assessment.severity, now_ns)
    incident.assessment = assessment.model_dump(mode="json")
    details = {"from": str(current), **_told(assessment)}
    note(session, incident, now_ns, what, text, who=who, details=details)
    if raised:
        _call_for_the_tier(session, site, ladders, incident, now_ns)
        return
    withdraw(session, incident, now_ns, f"lowered to {incident.severity}")
    if incident.status == Life.OPEN:
        ladders.start(session, incident, now_ns)
    else:
        ladders.retier(incident, now_ns)
        holding.hold(session, site, ladders, incident, now_ns)


def by_hand(incident: IncidentRow, severity: Severity, who: str, reason: str) -> Assessment:
    """Return the assessment that a named human gives in place of a rule's."""
    given = Assessment.model_validate(incident.assessment)
    return given.model_copy(
        update={
            "severity": severity,
            "rule": BY_HAND,
            "because": f"{who}: {reason}",
            "inputs": {"by": who, "before": f"{given.severity} by {given.rule}"},
        }
    )


def facts_of(incident: IncidentRow) -> Facts:
    """Return what is known about the event so far."""
    return Facts.model_validate(incident.facts)


def _reach(incident: IncidentRow, severity: Severity, now_ns: int) -> None:
    # What it waited for was another tier's. It is due at once, should nothing else be planned.
    incident.severity = str(severity)
    plan(incident, now_ns, 0)


def _worst(site: Site, incident: IncidentRow, known: Iterable[Facts]) -> Assessment | None:
    overruled = frozenset(incident.overruled)
    found = (assess_without(facts, site.severity, overruled) for facts in known)
    return min(
        (each for each in found if each is not None),
        key=lambda each: each.severity.rank,
        default=None,
    )


def _call_for_the_tier(
    session: Session, site: Site, ladders: Ladders, incident: IncidentRow, now_ns: int
) -> None:
    """Call whom a tier wants that was reached just now, whoever has the incident already."""
    if incident.status == Life.ON_SCENE:
        times = site.response.of(incident.severity)
        ladders.reinforce(session, incident, now_ns, times.ask_again_s)
        return
    outgrown = holding.outgrow(session, incident, now_ns)
    ladders.start(session, incident, now_ns)
    if outgrown is not None:
        holding.tell_who_had_it(session, ladders, incident, outgrown, now_ns)


def _told(assessment: Assessment) -> dict[str, object]:
    return {
        "to": str(assessment.severity),
        "rule": assessment.rule,
        "inputs": dict(assessment.inputs),
    }
