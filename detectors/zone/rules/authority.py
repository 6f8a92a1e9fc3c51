"""Somebody is where they must not be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.instants import ns
from contract.zone import Zone
from detectors.zone.permission import Verdict
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule
from detectors.zone.scene import Inside, Scene


class Authority(Rule):
    """In a zone with a hazard class, everybody may be there, is escorted, or is in breach.

    A rescuer with the zone's `rescue_training` may go in to somebody who is down there.
    """

    kind: ClassVar[str] = "zone_breach"

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of every zone with a hazard class."""
        return zone.hazard != "none"

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield whoever is there without authority, and when an authority ends."""
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
            if self._rescues(scene, who):
                continue
            yield self._breach(scene, who, verdict)

    def _escorts(self, who: Inside, verdict: Verdict) -> bool:
        roles = self.ground.permissions.roles.get(who.person, frozenset())
        return verdict.answer == "yes" and not roles.isdisjoint(self.zone.escort)

    def _rescues(self, scene: Scene, who: Inside) -> bool:
        down = any(casualty.zone == self.zone.id for casualty in scene.casualties.values())
        return down and self.ground.permissions.is_trained(
            who.person, self.zone.rescue_training, scene.known_ns(who.person)
        )

    def _breach(self, scene: Scene, who: Inside, verdict: Verdict) -> Claim:
        at_ns = scene.known_ns(who.person)
        onset_ns = max(who.since_ns, verdict.since_ns)
        from_ns = onset_ns
        if self.zone.escort and verdict.escortable:
            # The escort may be a step behind, or have left a moment ago.
            onset_ns = max(onset_ns, min(at_ns, scene.changed_ns.get(self.zone.id, 0)))
            from_ns = onset_ns + ns(self.settings.company_s)
        policy = self.ground.site.severity
        times = {policy.zone_b_dwell_s, policy.zone_c_dwell_s, *self.settings.dwell_steps_s}
        return Claim(
            self.kind,
            who.person,
            min(onset_ns, at_ns),
            from_ns,
            at_ns,
            f"is in {self.title()}, hazard class {self.zone.hazard}: {verdict.why}",
            {**self.danger(scene), "authorised": verdict.answer},
            steps_s=tuple(sorted(times)),
            device=who.device,
            confidence=who.confidence,
        )
