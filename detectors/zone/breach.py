"""One breach over time: what was told of it, what is new, and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.detection import Phase
from contract.instants import ns, seconds
from detectors.finding import Finding
from detectors.zone.rules.claim import Claim
from detectors.zone.rules.rule import RuleSettings

VERSIONS_KEPT = 64
OVER = "is over"


@dataclass(frozen=True, slots=True)
class Breach:
    """One claim over time."""

    claim: Claim
    """The claim as the rule made it last."""
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


def renewed(breach: Breach | None, claim: Claim) -> Breach:
    """Return the breach that a claim is of: a new one, or the one that was open."""
    if breach is None:
        return Breach(claim, claim.onset_ns, claim.from_ns)
    back = breach.left_ns is not None
    if claim.person is None:
        # Its id is made of what told of it first, and of whom: it is one claim while people change.
        first = breach.claim
        claim = replace(claim, device=first.device or claim.device, track=first.track)
    return replace(
        breach,
        claim=claim,
        from_ns=min(breach.from_ns, claim.from_ns),
        left_ns=None,
        entries=breach.entries + back,
    )


def told(
    zone: str, breach: Breach, times: int, settings: RuleSettings
) -> tuple[Breach, Finding | None]:
    """Return a breach that goes on, and what is new about it; None where nothing is."""
    claim = breach.claim
    at_ns = claim.at_ns
    if at_ns < breach.from_ns:
        return breach, None
    lasted_s = seconds(at_ns - breach.onset_ns)
    steps = sum(lasted_s >= step_s for step_s in claim.steps_s)
    facts = frozenset(claim.facts.items())
    version = (facts, claim.names)
    if breach.told:
        worse = steps > breach.steps or (facts not in breach.versions and not claim.names)
        changed = version != breach.version and at_ns >= breach.told_ns + ns(settings.renew_s)
        if not worse and not changed:
            return breach, None
    phase: Phase = "update" if breach.told else "onset"
    words = claim.words
    if not breach.told and times:
        words += f" (time {times + 1} in {settings.repeat_s / 3600:g} h)"
    elif breach.told:
        words += f" – for {lasted_s:.0f} s"
    versions = breach.versions | {facts}
    after = replace(
        breach,
        told=breach.told + 1,
        steps=max(steps, breach.steps),
        versions=versions if len(versions) <= VERSIONS_KEPT else breach.versions,
        version=version,
        told_ns=at_ns,
    )
    return after, finding(zone, breach, phase, at_ns, words, times)


def dues(breach: Breach, settings: RuleSettings) -> list[int]:
    """Return when something may be told of a breach that goes on."""
    claim = breach.claim
    if not breach.told:
        return [breach.from_ns]
    dues = [breach.onset_ns + ns(step_s) for step_s in claim.steps_s[breach.steps :]]
    if (frozenset(claim.facts.items()), claim.names) != breach.version:
        dues.append(breach.told_ns + ns(settings.renew_s))
    return dues


def absent(
    zone: str,
    breach: Breach,
    now_ns: int,
    left_ns: Mapping[str, int],
    settings: RuleSettings,
) -> tuple[Breach | None, int, Finding | None]:
    """Return a breach that is waited for to come back, or None and its clear; and until when."""
    if breach.left_ns is None:
        ended_ns = left_ns.get(breach.claim.person or "", now_ns)
        breach = replace(breach, left_ns=max(breach.onset_ns, ended_ns))
    assert breach.left_ns is not None
    due_ns = breach.left_ns + (ns(settings.rejoin_s) if breach.claim.linger else 0)
    if now_ns < due_ns:
        return breach, due_ns, None
    return None, due_ns, finding(zone, breach, "clear", max(now_ns, breach.onset_ns), OVER, 0)


def finding(zone: str, breach: Breach, phase: Phase, at_ns: int, words: str, times: int) -> Finding:
    """Return what is told of a breach; `words` are `OVER` when it is."""
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
        track=claim.track,
    )
