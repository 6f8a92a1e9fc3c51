"""A tag goes quiet inside a hazard zone: a battery, a body on top of it, or worse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.ground import STRANGER
from detectors.zone.rules.claim import Claim, FactValue, Recheck
from detectors.zone.rules.rule import Rule, listed
from detectors.zone.scene import Quiet, Scene


class GoneQuiet(Rule):
    """Whoever was heard last in a live zone of class A or B, or an IDLH one, is heard again soon.

    Where several fall quiet at once it is rather the reader: one blind area, naming who was there.
    Whoever went through a door, or was heard elsewhere, is not quiet.
    """

    kind: ClassVar[DetectionKind] = DetectionKind.BADGE_SILENT

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of zones of class A or B, unless one goes home from there."""
        return (zone.idlh or zone.hazard in ("A", "B")) and not zone.way_out

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield who is not heard any more, or that nobody is."""
        danger = self.danger(scene)
        if self.zone.hazard == "B" and not danger["live"]:
            return
        found = sorted(
            (quiet.heard_ns, person, quiet)
            for person, quiet in scene.quiet_in.get(self.zone.id, {}).items()
            if not person.startswith(STRANGER)
        )
        together_ns = ns(self.settings.together_s)
        while found:
            first_ns = found[0][0]
            group = [entry for entry in found if entry[0] - first_ns <= together_ns]
            if len(group) < self.settings.together_people:
                group = found[:1]
            found = found[len(group) :]
            yield self._claim(scene, [(person, quiet) for _, person, quiet in group], danger)

    def _claim(
        self, scene: Scene, group: list[tuple[str, Quiet]], danger: dict[str, FactValue]
    ) -> Claim:
        policy = self.ground.site.severity
        (person, quiet), *others = group
        names = tuple(sorted(name for name, _ in group))
        if others:
            words = f"{len(group)} tags in {self.title()} fell quiet at once: {listed(names)}"
        else:
            words = f"the tag was heard last in {self.title()}"
        onset_ns = min(quiet.heard_ns, scene.now_ns)
        return Claim(
            DetectionKind.BLIND_AREA if others else self.kind,
            None if others else person,
            onset_ns,
            onset_ns + ns(policy.silent_s),
            scene.now_ns,
            words,
            {**danger, "people": len(group)} if others else danger,
            clock="silent_s",
            steps_s=(policy.silent_s, policy.silent_long_s),
            device=quiet.device,
            names=names if others else (),
            linger=bool(others),  # one tag that is heard again was quiet, and is not
        )
