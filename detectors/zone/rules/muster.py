"""Who is still inside after an evacuation has begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.ground import STRANGER, UNIDENTIFIED
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule, listed
from detectors.zone.scene import Scene


class Muster(Rule):
    """`evacuate_s` after an evacuation began nobody is here, nor was heard here last.

    One breach a zone, whose words follow who is left. 29 CFR 1910.38(c)(4) asks for procedures to
    account for all employees after evacuation.
    """

    kind: ClassVar[DetectionKind] = DetectionKind.NOT_EVACUATED

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of every zone but assembly points."""
        return not zone.muster

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield who is left."""
        evacuation = scene.evacuation.get(self.zone.id)
        if evacuation is None or not evacuation.on:
            return
        heard = (*self.people(scene), *scene.strangers(self.zone.id, STRANGER))
        people = [who for who in heard if self.innermost(scene, who.person)]
        people += self.unexplained(scene)
        counts_ns = evacuation.since_ns - ns(self.settings.quiet_counts_s)
        quiet = sorted(
            person
            for person, last in scene.quiet_in.get(self.zone.id, {}).items()
            if last.heard_ns >= counts_ns
        )
        names = (*sorted(who.person for who in people), *(f"{name} (not heard)" for name in quiet))
        if not names:
            return
        plural = "is" if len(names) == 1 else "are"
        yield Claim(
            self.kind,
            None,
            min(evacuation.since_ns, scene.now_ns),
            evacuation.since_ns + ns(self.zone.evacuate_s),
            scene.now_ns,
            f"{len(names)} {plural} still in {self.title()}: {listed(tuple(map(_told, names)))}",
            {**self.danger(scene), "people": len(names)},
            steps_s=self.settings.dwell_steps_s,
            device=people[0].device if people else scene.quiet[quiet[0]].device,
            names=names,
        )


def _told(name: str) -> str:
    if name.startswith(UNIDENTIFIED):
        return f"somebody seen by {name.removeprefix(UNIDENTIFIED).partition(':')[0]}"
    return name.removeprefix(STRANGER)
