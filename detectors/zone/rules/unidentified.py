"""A camera sees more people in a hazard zone than badges explain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule
from detectors.zone.scene import Scene


class Unidentified(Rule):
    """In a zone with a hazard class, everybody whom a camera sees has a badge there.

    Where readers cover the zone, a badge may be `badge_s` later than its wearer is seen. Whoever is
    escorted needs none.
    """

    kind: ClassVar[DetectionKind] = DetectionKind.ZONE_BREACH

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of every zone with a hazard class."""
        return zone.hazard != "none"

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield that somebody is there whom no badge explains."""
        unexplained = self.unexplained(scene)
        if not unexplained or self.energy(scene).state in self.zone.open_states:
            return
        badges = self.people(scene)
        if any(self._escorts(scene, who.person) for who in badges):
            return
        count = len(unexplained) + len(badges)
        since_ns = min(unexplained[0].since_ns, scene.now_ns)
        left_ns = scene.changed_ns.get(self.zone.id, 0) if badges else 0
        wait_s = self.settings.badge_s if self._has_readers() else 0.0
        policy = self.ground.site.severity
        times = {policy.zone_b_dwell_s, policy.zone_c_dwell_s, *self.settings.dwell_steps_s}
        yield Claim(
            self.kind,
            None,
            since_ns,
            max(since_ns, min(left_ns, scene.now_ns)) + ns(wait_s),
            scene.now_ns,
            f"{_people(len(unexplained))} in {self.title()}, hazard class {self.zone.hazard}: "
            f"{unexplained[0].device} sees {count}, and {_badges(len(badges))} there",
            {**self.danger(scene), "authorised": "no", "people": count},
            steps_s=tuple(sorted(times)),
            device=unexplained[0].device,
            track=unexplained[0].track,
            confidence=max(who.confidence for who in unexplained),
        )

    def _escorts(self, scene: Scene, person: str) -> bool:
        roles = self.ground.permissions.roles.get(person, frozenset())
        return (
            not roles.isdisjoint(self.zone.escort) and self.verdict(scene, person).answer == "yes"
        )

    def _has_readers(self) -> bool:
        return any(
            device.kind == "reader" and self.zone.id in (device.zone, *device.points.values())
            for device in self.ground.site.device
        )


def _people(count: int) -> str:
    return "an unidentified person is" if count == 1 else f"{count} unidentified people are"


def _badges(count: int) -> str:
    return {0: "no badge is", 1: "one badge is"}.get(count, f"{count} badges are")
