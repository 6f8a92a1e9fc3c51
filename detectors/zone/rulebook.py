"""Which rules each zone asks for, and when they are looked at: at crossings and at due times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from detectors.finding import Finding
from detectors.zone.docket import Docket
from detectors.zone.ground import Ground
from detectors.zone.rules.rule import Rule, RuleSettings
from detectors.zone.rules.table import RULES
from detectors.zone.scene import Scene

NOBODY_LEFT: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a site. Make it once with `of`."""

    settings: RuleSettings
    rules: Mapping[str, tuple[Rule, ...]]
    """By zone."""
    concerned: Mapping[str, tuple[str, ...]]
    """By zone: the zones with a rule that looks at it."""

    @classmethod
    def of(cls, ground: Ground, settings: RuleSettings) -> Rulebook:
        """Return the rules that the zones of a site ask for."""
        rules = {
            zone.id: tuple(rule(zone, ground, settings) for rule in RULES if rule.asked_by(zone))
            for zone in ground.site.zone
        }
        concerned: dict[str, set[str]] = {zone.id: set() for zone in ground.site.zone}
        for zone, asked in rules.items():
            for rule in asked:
                for looked_at in rule.looks_at():
                    concerned[looked_at].add(zone)
        return cls(
            settings, rules, {zone: tuple(sorted(names)) for zone, names in concerned.items()}
        )

    def look(
        self,
        scene: Scene,
        docket: Docket,
        zones: Collection[str],
        left_ns: Mapping[str, int] = NOBODY_LEFT,
    ) -> tuple[Docket, tuple[Finding, ...]]:
        """Look at all that concerns these zones, after something happened in them."""
        found: tuple[Finding, ...] = ()
        chosen = {other for zone in zones for other in self.concerned.get(zone, ())}
        for zone in sorted(chosen):
            docket, new = self._judge(
                scene, docket, zone, left_ns if zone in zones else NOBODY_LEFT
            )
            found += new
        return docket, found

    def advance(
        self, scene: Scene, docket: Docket, until_ns: int
    ) -> tuple[Scene, Docket, tuple[Finding, ...]]:
        """Let time pass up to `until_ns`, and look at what falls due on the way."""
        found: tuple[Finding, ...] = ()
        while (due := docket.next_due()) is not None and due[0] <= until_ns:
            due_ns, zone = due
            scene = replace(scene, now_ns=max(scene.now_ns, due_ns))
            docket, new = self._judge(scene, docket, zone, NOBODY_LEFT)
            found += new
        return replace(scene, now_ns=max(scene.now_ns, until_ns)), docket, found

    def _judge(
        self, scene: Scene, docket: Docket, zone: str, left_ns: Mapping[str, int]
    ) -> tuple[Docket, tuple[Finding, ...]]:
        rules = self.rules.get(zone, ())
        said = (each for rule in rules for each in rule.claims(scene))
        return docket.judged(zone, scene.now_ns, said, left_ns, self.settings)
