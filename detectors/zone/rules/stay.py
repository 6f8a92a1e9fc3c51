"""Somebody stays too long, or alone for too long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.personal import Personal
from detectors.zone.rules.rule import Rule
from detectors.zone.scene import Inside, Scene

FOR = {
    "heat": "in the heat",
    "cold": "in the cold",
    "noise": "in the noise",
    "confined_space": "in a confined space",
    None: "there",
}


class LongestStay(Personal):
    """Nobody is here for longer than `max_stay_s`, absences shorter than `rest_s` left out."""

    kind: ClassVar[DetectionKind] = DetectionKind.OVERSTAY

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it where there is a longest stay."""
        return zone.max_stay_s is not None

    def claims_of(self, scene: Scene, who: Inside) -> Iterator[Claim | Recheck]:
        """Yield that a stay is too long, or when it will be."""
        assert self.zone.max_stay_s is not None
        most_ns, rest_ns = ns(self.zone.max_stay_s), ns(self.zone.rest_s)
        at_ns = scene.known_ns(who.person)
        over_ns = who.since_ns + max(0, most_ns - scene.used_ns(self.zone.id, who, rest_ns))
        if over_ns > at_ns:
            yield Recheck(over_ns)
            return
        yield Claim(
            self.kind,
            who.person,
            over_ns,
            over_ns,
            at_ns,
            f"longer than {self.zone.max_stay_s:g} s {FOR[self.zone.exposure]}: {self.title()}",
            {**self.danger(scene), "authorised": "expired"},
            clock="overstay_s",
            steps_s=tuple(sorted({self.ground.site.severity.overstay_long_s, *STEPS_S})),
            device=who.device,
            confidence=who.confidence,
        )


STEPS_S = (120.0, 600.0, 1800.0)


class Alone(Rule):
    """Nobody is here alone for longer than `alone_max_s`."""

    kind: ClassVar[DetectionKind] = DetectionKind.LONE_WORK

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it where being alone has a limit."""
        return zone.alone_max_s is not None

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield who is alone, told from when it is too long."""
        assert self.zone.alone_max_s is not None
        if self.count(scene) != 1:
            return
        (who,) = self.people(scene)
        at_ns = scene.known_ns(who.person)
        alone_ns = min(at_ns, max(who.since_ns, scene.changed_ns.get(self.zone.id, 0)))
        yield Claim(
            self.kind,
            who.person,
            alone_ns,
            alone_ns + ns(self.zone.alone_max_s),
            at_ns,
            f"is alone in {self.title()} for longer than {self.zone.alone_max_s:g} s",
            {**self.danger(scene), "lone": True, "people": 1},
            steps_s=tuple(
                sorted(self.zone.alone_max_s + step_s for step_s in self.settings.dwell_steps_s)
            ),
            device=who.device,
            confidence=who.confidence,
        )
