"""A tag that nobody in the site file carries is where the zone minds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.zone import Zone
from detectors.zone.ground import STRANGER
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule, listed
from detectors.zone.scene import Scene


class Stranger(Rule):
    """No unknown tag is here. One breach a zone, not one a tag."""

    kind: ClassVar[DetectionKind] = DetectionKind.UNKNOWN_TAG

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it where the zone says so: elsewhere an unknown tag is only counted."""
        return zone.unknown_tags

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield that there is one."""
        people = scene.strangers(self.zone.id, STRANGER)
        if not people:
            return
        tags = tuple(sorted(who.person.removeprefix(STRANGER) for who in people))
        yield Claim(
            self.kind,
            None,
            min(people[0].since_ns, scene.now_ns),
            people[0].since_ns,
            scene.now_ns,
            f"in {self.title()} is a tag that nobody carries: {listed(tags)}",
            {**self.danger(scene), "people": len(tags)},
            steps_s=self.settings.dwell_steps_s,
            device=people[0].device,
            confidence=max(who.confidence for who in people),
            names=tags,
        )
