"""More people are in a zone than it may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.zone import Zone
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule, listed
from detectors.zone.scene import Scene


class Crowding(Rule):
    """At most `most_people` are here. Who is in a zone within it counts; a permission does not."""

    kind: ClassVar[DetectionKind] = DetectionKind.OVERCROWDED

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it where there is a maximum occupancy."""
        return zone.most_people is not None

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield that there are too many, and who came last."""
        most = self.zone.most_people
        if most is None or self.count(scene) <= most:
            return
        people = self.people(scene)
        beyond = people[most:]
        yield Claim(
            self.kind,
            None,
            min(beyond[0].since_ns, scene.now_ns),
            beyond[0].since_ns,
            scene.now_ns,
            f"{len(people)} in {self.title()}, at most {most}; last in: "
            f"{listed(tuple(who.person for who in reversed(beyond)))}",
            {**self.danger(scene), "people": len(people)},
            steps_s=self.settings.dwell_steps_s,
            device=beyond[0].device,
            confidence=min(who.confidence for who in people),
            names=tuple(who.person for who in beyond),
        )
