"""Somebody is where they must not be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.permission import Verdict
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.personal import Personal
from detectors.zone.rules.rule import Rule
from detectors.zone.scene import Inside, Scene

KIND = DetectionKind.ZONE_BREACH


class Authority(Personal):
    """In a zone with a hazard class, everybody may be there or is in breach.

    A rescuer with the zone's `rescue_training` may go in to somebody who is down there.
    """

    kind: ClassVar[DetectionKind] = KIND

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of every zone with a hazard class where an escort changes nothing."""
        return zone.hazard != "none" and not zone.escort

    def claims_of(self, scene: Scene, who: Inside) -> Iterator[Claim | Recheck]:
        """Yield that they are there without authority, and when their authority ends."""
        if not self.innermost(scene, who.person):
            return
        verdict = self.verdict(scene, who.person)
        if verdict.until_ns is not None:
            yield Recheck(verdict.until_ns)
        if verdict.answer != "yes" and not _rescues(self, scene, who):
            yield _breach(self, scene, who, verdict)


class Escorted(Rule):
    """In a zone with escorts, everybody may be there, has an escort who may, or is in breach.

    Everybody there is looked at together.
    """

    kind: ClassVar[DetectionKind] = KIND

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of every zone with a hazard class that names who may escort others."""
        return zone.hazard != "none" and bool(zone.escort)

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield whoever is there without authority or escort, and when an authority ends."""
        judged = [
            (who, self.verdict(scene, who.person))
            for who in self.people(scene)
            if self.innermost(scene, who.person)
        ]
        escorted = any(self._escorts(who, verdict) for who, verdict in judged)
        for who, verdict in judged:
            if verdict.until_ns is not None:
                yield Recheck(verdict.until_ns)
            if verdict.answer == "yes" or (escorted and verdict.escortable):
                continue
            if not _rescues(self, scene, who):
                yield _breach(self, scene, who, verdict)

    def _escorts(self, who: Inside, verdict: Verdict) -> bool:
        roles = self.ground.permissions.roles.get(who.person, frozenset())
        return verdict.answer == "yes" and not roles.isdisjoint(self.zone.escort)


def _rescues(rule: Rule, scene: Scene, who: Inside) -> bool:
    down = any(casualty.zone == rule.zone.id for casualty in scene.casualties.values())
    return down and rule.ground.permissions.is_trained(
        who.person, rule.zone.rescue_training, scene.known_ns(who.person)
    )


def _breach(rule: Rule, scene: Scene, who: Inside, verdict: Verdict) -> Claim:
    at_ns = scene.known_ns(who.person)
    onset_ns = max(who.since_ns, verdict.since_ns)
    from_ns = onset_ns
    if rule.zone.escort and verdict.escortable:
        # The escort may be a step behind, or have left a moment ago.
        onset_ns = max(onset_ns, min(at_ns, scene.changed_ns.get(rule.zone.id, 0)))
        from_ns = onset_ns + ns(rule.settings.company_s)
    policy = rule.ground.site.severity
    times = {policy.zone_b_dwell_s, policy.zone_c_dwell_s, *rule.settings.dwell_steps_s}
    return Claim(
        rule.kind,
        who.person,
        min(onset_ns, at_ns),
        from_ns,
        at_ns,
        f"is in {rule.title()}, hazard class {rule.zone.hazard}: {verdict.why}",
        {**rule.danger(scene), "authorised": verdict.answer},
        steps_s=tuple(sorted(times)),
        device=who.device,
        confidence=who.confidence,
    )
