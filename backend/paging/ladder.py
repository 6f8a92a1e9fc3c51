"""Climbs an escalation ladder: whom a rung pages, when the next one is due, and what follows it.

A ladder never ends while a tier that calls people is unanswered. After its repeats everybody with a
responder's role is called, again and again, slower each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, PageRow
from backend.paging.calls import Call, anybody, calls, everybody, ways_to
from backend.paging.channel import Channel
from backend.paging.escalation import ESCALATION, EscalationState, Move
from backend.paging.newest_rung import is_hopeless
from backend.paging.page import Purpose
from backend.paging.summons import CALL, Summons, summon, withdraw
from backend.timeline.timeline import note
from contract.instants import ns
from contract.response import LONGEST_S
from contract.severity import Severity
from contract.site import Site

log = structlog.get_logger(__name__)

AGAIN_S = 3600
"""A tier that has no last resort climbs its ladder again after so long."""
DIGEST_S = 24 * 3600
"""A tier that calls nobody is looked at again each day, for as long as it is open."""
CALLS_EVERYBODY = frozenset({Severity.SEV1, Severity.SEV2})


class Ladders:
    """The site's escalation policies at work. Every method runs inside a write transaction."""

    def __init__(self, site: Site, channels: Mapping[str, Channel]) -> None:
        self._site = site
        self._channels = channels
        self._policies = {policy.severity: policy for policy in site.escalation}

    def snapshot(self, severity: Severity | str) -> dict[str, Any]:
        """Return a tier's policy as it stands now. A tier without one is for the digest."""
        policy = self._policies.get(Severity(severity))
        if policy is None:
            return {"severity": str(severity), "steps": [], "repeat": 0}
        return policy.model_dump(mode="json")

    def start(
        self, session: Session, incident: IncidentRow, now_ns: int, *, hold_s: float = 0
    ) -> None:
        """Start the clock of the incident's tier, and page its first rung in this transaction.

        With `hold_s` nobody is paged for so long: the wearer is being asked first.
        """
        self.retier(incident, now_ns)
        if not incident.ladder["steps"]:
            self._move(incident, Move.LIST)
            plan(incident, now_ns, DIGEST_S)
        elif hold_s > 0:
            self._move(incident, Move.HOLD)
            plan(incident, now_ns, hold_s)
        else:
            self.climb(session, incident, now_ns)

    def retier(self, incident: IncidentRow, now_ns: int) -> None:
        """Take up the policy of a tier that was reached just now, without calling anybody."""
        incident.ladder = self.snapshot(incident.severity)
        incident.round += 1
        incident.step = incident.climbs = 0
        incident.tier_since_ns = now_ns

    def climb(
        self, session: Session, incident: IncidentRow, now_ns: int, *, silent: str | None = None
    ) -> None:
        """Page the rung that is due. One that reaches nobody gives way to the next at once.

        So does one that reaches only whoever is `silent`: they had it, and were passed over.
        """
        self._move(incident, Move.CALL)
        steps = incident.ladder["steps"]
        if exhausted(incident):
            self._after_the_end(session, incident, now_ns)
            return
        for _ in steps:
            step = incident.step
            rung = steps[step]
            found = self._callable(session, incident, rung["to"], silent)
            if found:
                self._summon(session, incident, step, found, now_ns)
            else:
                self._say_nobody(session, incident, step, rung["to"], now_ns, silent)
            plan(incident, now_ns, rung["wait_s"])
            _advance(incident)
            if found:
                return
        incident.climbs = incident.ladder["repeat"] + 1
        self._after_the_end(session, incident, now_ns)

    def call_everybody(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        """Call everybody with a responder's role, over every channel, one after the other."""
        resort = self._site.last_resort
        self._move(incident, Move.EXHAUST)
        incident.round += 1
        incident.climbs += 1
        found = everybody(session, self._channels, resort) or anybody(self._channels)
        how = Summons(Purpose.LAST_RESORT, gap_s=resort.gap_s)
        self._summon(session, incident, 0, found, now_ns, how)
        plan(incident, now_ns, resort.wait_after_s(incident.climbs))
        session.flush()
        log.error("nobody answers", incident=incident.id, severity=incident.severity)

    def lease(self, session: Session, incident: IncidentRow, now_ns: int, span_s: float) -> None:
        """Stop calling: somebody has it, for so long. Then they are asked."""
        self._move(incident, Move.TAKE)
        plan(incident, now_ns, span_s)

    def ask(self, session: Session, incident: IncidentRow, now_ns: int, wait_s: float) -> None:
        """Ask whoever has it where they are. The question has a number of its own."""
        self._move(incident, Move.ASK)
        incident.lease += 1
        holder = incident.acknowledged_by or ""
        self._say_to(session, incident, (holder,), now_ns, Purpose.ASK, "asked-holder")
        plan(incident, now_ns, wait_s)

    def lapse(self, session: Session, incident: IncidentRow, silent: str, now_ns: int) -> None:
        """Go on with the next rung that reaches others: whoever had it is `silent`.

        A tier that has no last resort calls them again where there is nobody else.
        """
        self._move(incident, Move.LAPSE)
        # Time has passed since it was climbed: those who were called may be free by now.
        incident.climbs = min(incident.climbs, int(incident.ladder["repeat"]))
        others = _calls_everybody(incident)
        self.next_rung(session, incident, now_ns, silent=silent if others else None)

    def reinforce(
        self, session: Session, incident: IncidentRow, now_ns: int, span_s: float
    ) -> None:
        """Call whom a raised tier adds, though somebody is on scene; tell whoever that is."""
        self.retier(incident, now_ns)
        self._move(incident, Move.TAKE)
        holder = incident.acknowledged_by or ""
        steps = incident.ladder["steps"]
        added = self._callable(session, incident, steps[0]["to"]) if steps else []
        added = [call for call in added if call[0].person != holder]
        if added:
            self._summon(session, incident, 0, added, now_ns)
        self._say_to(session, incident, (holder,), now_ns, Purpose.RAISED, "told")
        plan(incident, now_ns, span_s)

    def tell(
        self, session: Session, incident: IncidentRow, people: Iterable[str], now_ns: int,
        purpose: Purpose,
    ) -> None:  # fmt: skip
        """Page people once with what is new. Nothing waits for their answer."""
        incident.round += 1
        self._say_to(session, incident, people, now_ns, purpose, "told")

    def end(self, session: Session, incident: IncidentRow, now_ns: int, why: str) -> int:
        """Stop for good, and take back what has not gone out. Say how many pages that were."""
        self._move(incident, Move.END)
        taken = withdraw(session, incident, now_ns, why)
        incident.next_ns = incident.next_set_ns = None
        return taken

    def is_climbing(self, incident: IncidentRow) -> bool:
        """Whether somebody on a rung is waited for."""
        return incident.escalation == EscalationState.CLIMBING

    def next_rung(
        self, session: Session, incident: IncidentRow, now_ns: int, *, silent: str | None = None
    ) -> None:
        """Call the next rung at once: whoever had it, or everybody on this one, cannot come."""
        incident.round += 1
        if incident.ladder["steps"]:
            self.climb(session, incident, now_ns, silent=silent)
        else:
            self._move(incident, Move.LIST)
            plan(incident, now_ns, DIGEST_S)

    def hurry(self, session: Session, incident: IncidentRow, page: PageRow, now_ns: int) -> bool:
        """Make the next rung due at once when no page of the newest rung reaches anybody.

        A page that a channel has refused is tried on, and the ladder does not wait for it.

        Only within one climb: going round a ladder of dead channels would burn all its repeats in
        a second.
        """
        climbing = self.is_climbing(incident) and incident.step > 0
        if not (climbing and is_hopeless(session, incident, page)):
            return False
        text = f"Step {page.step + 1} reached nobody over any channel; the next is paged at once"
        self.go_on(session, incident, now_ns, text, "step-failed")
        return True

    def go_on(
        self, session: Session, incident: IncidentRow, now_ns: int, text: str, what: str
    ) -> None:
        """Make the next rung due at once."""
        plan(incident, now_ns, 0)
        note(session, incident, now_ns, what, text)

    def reaches_anybody(self, session: Session, ladder: Mapping[str, Any]) -> bool:
        """Whether any rung of a ladder, or the last resort, would reach a person."""
        if any(calls(session, self._channels, rung["to"], 0) for rung in ladder["steps"]):
            return True
        return bool(everybody(session, self._channels, self._site.last_resort))

    def _after_the_end(self, session: Session, incident: IncidentRow, now_ns: int) -> None:
        if _calls_everybody(incident):
            incident.climbs = 0
            text = "Nobody answered; the ladder has ended, and everybody is called"
            note(session, incident, now_ns, "exhausted", text)
            self.call_everybody(session, incident, now_ns)
            return
        incident.step = incident.climbs = 0
        incident.round += 1
        plan(incident, now_ns, AGAIN_S)
        text = f"Nobody answered; the ladder begins again in {AGAIN_S // 60} min"
        note(session, incident, now_ns, "exhausted", text)

    def _callable(
        self, session: Session, incident: IncidentRow, to: list[str], silent: str | None = None
    ) -> list[Call]:
        # Of a duty's list one more than the climb says: its first may be whoever is silent.
        found = calls(session, self._channels, to, incident.climbs + (silent is not None))
        found = [call for call in found if call[0].person not in incident.declined]
        found.sort(key=lambda call: call[0].person == silent)
        return [] if all(person.person == silent for person, _ in found) else found

    def _say_to(
        self, session: Session, incident: IncidentRow, people: Iterable[str], now_ns: int,
        purpose: Purpose, what: str,
    ) -> None:  # fmt: skip
        incident.round += 1
        found = [call for who in people for call in ways_to(session, self._channels, who)]
        if found:
            self._summon(session, incident, 0, found, now_ns, Summons(purpose, what))

    def _summon(
        self,
        session: Session,
        incident: IncidentRow,
        step: int,
        found: list[Call],
        now_ns: int,
        how: Summons = CALL,
    ) -> None:
        summon(session, self._site, incident, step, found, now_ns, how)

    def _say_nobody(
        self, session: Session, incident: IncidentRow, step: int, to: list[str], now_ns: int,
        silent: str | None,
    ) -> None:  # fmt: skip
        told = f"{incident.severity} step {step + 1} ({', '.join(to)}) reaches nobody"
        told = told if silent is None else f"{told} else"
        note(session, incident, now_ns, "nobody", told, details={"step": step})
        if silent is not None:
            return
        session.flush()  # a new incident has its number then, which the log names
        log.error("an escalation step reaches nobody", incident=incident.id, step=step + 1, to=to)

    def _move(self, incident: IncidentRow, move: Move) -> None:
        incident.escalation = ESCALATION.after(incident.escalation, move)


def plan(incident: IncidentRow, now_ns: int, wait_s: float) -> None:
    """Set when something happens by itself: never later than the tier allows."""
    incident.next_ns = now_ns + ns(min(wait_s, LONGEST_S[Severity(incident.severity)]))
    incident.next_set_ns = now_ns


def exhausted(incident: IncidentRow) -> bool:
    """Whether the ladder has been climbed as often as its policy says."""
    return incident.climbs > int(incident.ladder["repeat"])


def _calls_everybody(incident: IncidentRow) -> bool:
    """Whether the last resort stands behind this ladder."""
    return Severity(incident.severity) in CALLS_EVERYBODY and not incident.exercise


def _advance(incident: IncidentRow) -> None:
    incident.step += 1
    if incident.step == len(incident.ladder["steps"]):
        incident.step = 0
        incident.climbs += 1
        incident.round += 1
