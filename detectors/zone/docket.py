"""The breaches that are open: what was told of each, and when something is due.

A claim that appears is one breach, told once, told again when it has lasted a while or worsened,
and cleared when it has been absent for `rejoin_s`: whoever steps to and fro over a boundary is one
incident. Nothing here is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from contract.detection import Phase
from contract.instants import ns, seconds
from detectors.finding import Finding
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import RuleSettings

Key = tuple[str, str | None]
"""A breach in its zone: its kind, and whom it is about."""
EARLIER_KEPT = 4096
VERSIONS_KEPT = 64


class Earlier(NamedTuple):
    """Breaches of the same kind by the same person in the same zone that are over."""

    times: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Breach:
    """One claim over time."""

    claim: Claim
    """As it was claimed last."""
    onset_ns: int
    from_ns: int
    told: int = 0
    """How many findings there were; none while it is not worth telling yet."""
    steps: int = 0
    """How many of the claim's steps have been reported."""
    versions: frozenset[object] = frozenset()
    """Facts that were told."""
    version: object = None
    """Facts and names that were told last …"""
    told_ns: int = 0
    """… and when."""
    left_ns: int | None = None
    entries: int = 1
    """How often it began, returns included."""


@dataclass(frozen=True, slots=True)
class Docket:
    """All breaches, by zone."""

    open: Mapping[str, Mapping[Key, Breach]] = field(default_factory=dict)
    due_ns: Mapping[str, int] = field(default_factory=dict)
    """By zone: when to look again though nobody moves."""
    earlier: Mapping[tuple[str, str, str | None], Earlier] = field(default_factory=dict)
    """By zone, kind and person."""

    def next_due(self) -> tuple[int, str] | None:
        """Return when something is due, and in which zone."""
        return min(((due_ns, zone) for zone, due_ns in self.due_ns.items()), default=None)

    def judged(
        self,
        zone: str,
        now_ns: int,
        said: Iterable[Claim | Recheck],
        left_ns: Mapping[str, int],
        settings: RuleSettings,
    ) -> tuple[Docket, tuple[Finding, ...]]:
        """Hold what the rules say of a zone now against what is open there.

        Parameters
        ----------
        left_ns
            When people left the zone, of those who have just left it.
        """
        was = self.open.get(zone, {})
        breaches: dict[Key, Breach] = {}
        dues: list[int] = []
        found: list[Finding] = []
        earlier = dict(self.earlier)
        for each in said:
            if isinstance(each, Recheck):
                dues.append(each.at_ns)
                continue
            key = (each.kind, each.person)
            if key in breaches:
                continue
            before = earlier.get((zone, *key))
            if before is not None and now_ns - before.last_ns > ns(settings.repeat_s):
                before = None
            times = before.times if before else 0
            known = was.get(key)
            if known is not None and not each.linger and each.onset_ns > known.claim.onset_ns:
                # It was over in between, though nobody looked.
                if known.told:
                    ended = replace(known, left_ns=known.left_ns or now_ns)
                    found.append(_finding(zone, ended, "clear", now_ns, OVER, 0))
                known = None
            breach = _renewed(known, each)
            breach = _told(zone, breach, times, settings, found)
            breaches[key] = breach
            dues += _dues(breach, settings)
        for key in was.keys() - breaches.keys():
            breach = was[key]
            if not breach.told:
                continue
            kept, due_ns = _absent(zone, breach, now_ns, left_ns, settings, found)
            if kept is not None:
                breaches[key] = kept
                dues.append(due_ns)
            else:
                before = earlier.pop((zone, *key), None)
                again = before is not None and now_ns - before.last_ns <= ns(settings.repeat_s)
                times = before.times + 1 if before is not None and again else 1
                earlier[zone, key[0], key[1]] = Earlier(times, now_ns)
                if len(earlier) > EARLIER_KEPT:
                    del earlier[next(iter(earlier))]
        due = {name: at_ns for name, at_ns in self.due_ns.items() if name != zone}
        ahead = [due_ns for due_ns in dues if due_ns > now_ns]
        if ahead:
            due[zone] = min(ahead)
        found.sort(key=lambda f: (f.decided_ns, f.onset_ns, f.kind, f.person or "", f.phase))
        opened = {name: kept for name, kept in self.open.items() if name != zone}
        if breaches:
            opened[zone] = breaches
        return Docket(opened, due, earlier), tuple(found)


def _renewed(breach: Breach | None, claim: Claim) -> Breach:
    """Return the breach that a claim is of: a new one, or the one that was open."""
    if breach is None:
        return Breach(claim, claim.onset_ns, claim.from_ns)
    back = breach.left_ns is not None
    return replace(
        breach,
        claim=claim,
        from_ns=min(breach.from_ns, claim.from_ns),
        left_ns=None,
        entries=breach.entries + back,
    )


def _told(
    zone: str, breach: Breach, times: int, settings: RuleSettings, found: list[Finding]
) -> Breach:
    """Tell what is new about a breach that goes on."""
    claim = breach.claim
    at_ns = claim.at_ns
    if at_ns < breach.from_ns:
        return breach
    lasted_s = seconds(at_ns - breach.onset_ns)
    steps = sum(lasted_s >= step_s for step_s in claim.steps_s)
    facts = frozenset(claim.facts.items())
    version = (facts, claim.names)
    if breach.told:
        worse = steps > breach.steps or (facts not in breach.versions and not claim.names)
        renewed = version != breach.version and at_ns >= breach.told_ns + ns(settings.renew_s)
        if not worse and not renewed:
            return breach
    phase: Phase = "update" if breach.told else "onset"
    words = claim.words
    if not breach.told and times:
        words += f" (time {times + 1} in {settings.repeat_s / 3600:g} h)"
    elif breach.told:
        words += f" – for {lasted_s:.0f} s"
    found.append(_finding(zone, breach, phase, at_ns, words, times))
    versions = breach.versions | {facts}
    return replace(
        breach,
        told=breach.told + 1,
        steps=max(steps, breach.steps),
        versions=versions if len(versions) <= VERSIONS_KEPT else breach.versions,
        version=version,
        told_ns=at_ns,
    )


def _dues(breach: Breach, settings: RuleSettings) -> list[int]:
    """Return when something may be told of a breach that goes on."""
    claim = breach.claim
    if not breach.told:
        return [breach.from_ns]
    dues = [breach.onset_ns + ns(step_s) for step_s in claim.steps_s[breach.steps :]]
    if (frozenset(claim.facts.items()), claim.names) != breach.version:
        dues.append(breach.told_ns + ns(settings.renew_s))
    return dues


def _absent(
    zone: str,
    breach: Breach,
    now_ns: int,
    left_ns: Mapping[str, int],
    settings: RuleSettings,
    found: list[Finding],
) -> tuple[Breach | None, int]:
    """Wait for a breach to come back, or clear it."""
    if breach.left_ns is None:
        ended_ns = left_ns.get(breach.claim.person or "", now_ns)
        breach = replace(breach, left_ns=max(breach.onset_ns, ended_ns))
    assert breach.left_ns is not None
    due_ns = breach.left_ns + (ns(settings.rejoin_s) if breach.claim.linger else 0)
    if now_ns < due_ns:
        return breach, due_ns
    found.append(_finding(zone, breach, "clear", max(now_ns, breach.onset_ns), OVER, 0))
    return None, due_ns


OVER = "is over"


def _finding(
    zone: str, breach: Breach, phase: Phase, at_ns: int, words: str, times: int
) -> Finding:
    claim = breach.claim
    # The wait for a return is no part of it: severity hangs on how long it was.
    until_ns = at_ns if breach.left_ns is None else breach.left_ns
    lasted_s = round(max(0.0, seconds(until_ns - breach.onset_ns)), 2)
    if words is OVER:
        words = f"over after {lasted_s:.0f} s: {claim.words}"
    evidence: dict[str, float] = {str(claim.clock): lasted_s}
    if breach.entries > 1:
        evidence["entries"] = float(breach.entries)
    if times:
        evidence["earlier"] = float(times)
    people = claim.facts.get("people")
    if isinstance(people, int) and not isinstance(people, bool):
        evidence["people"] = float(people)
    return Finding(
        kind=claim.kind,
        phase=phase,
        onset_ns=breach.onset_ns,
        decided_ns=max(at_ns, breach.onset_ns),
        confidence=min(1.0, max(0.0, claim.confidence)),
        reason=words[:500],
        evidence=evidence,
        facts={**claim.facts, claim.clock: lasted_s},
        zone=zone,
        device=claim.device,
        person=claim.person,
    )
