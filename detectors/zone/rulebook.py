"""Which rules each zone asks for, and when they are looked at: at crossings and at due times."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from detectors.finding import Finding
from detectors.zone.agenda import Matter
from detectors.zone.docket import Docket
from detectors.zone.ground import Ground
from detectors.zone.rules.catalogue import RULES
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.personal import Personal
from detectors.zone.rules.rule import Rule, RuleSettings
from detectors.zone.scene import Scene

Left = Mapping[str, int]
"""When who has just left a zone."""
NOBODY_LEFT: Left = {}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a site. Make it once with `of`.

    Some look at one person in a zone, some at a zone as a whole: a crossing costs a look at whoever
    crosses, and at the zones with a rule of the second kind that looks there. Each matter is judged
    by all the rules of its kind, so each breach belongs to one.
    """

    settings: RuleSettings
    personal: Mapping[str, tuple[Personal, ...]]
    """By zone: the rules that look at one person."""
    general: Mapping[str, tuple[Rule, ...]]
    """By zone: the rules that look at the zone as a whole."""
    concerned: Mapping[str, tuple[str, ...]]
    """By zone: the zones with a general rule that looks at it."""

    @classmethod
    def of(cls, ground: Ground, settings: RuleSettings) -> Rulebook:
        """Return the rules that the zones of a site ask for."""
        personal, general = {}, {}
        concerned: dict[str, set[str]] = {zone.id: set() for zone in ground.site.zone}
        for zone in ground.site.zone:
            asked = [rule(zone, ground, settings) for rule in RULES if rule.asked_by(zone)]
            personal[zone.id] = tuple(rule for rule in asked if isinstance(rule, Personal))
            general[zone.id] = tuple(rule for rule in asked if not isinstance(rule, Personal))
            for rule in general[zone.id]:
                for looked_at in rule.looks_at():
                    concerned[looked_at].add(zone.id)
        listed = {zone: tuple(sorted(names)) for zone, names in concerned.items()}
        return cls(settings, personal, general, listed)

    def look_at(
        self,
        scene: Scene,
        docket: Docket,
        person: str,
        zones: Collection[str],
        left_ns: Mapping[str, Left] = {},
    ) -> tuple[Docket, tuple[Finding, ...]]:
        """Look at all that concerns somebody's coming and going.

        Parameters
        ----------
        zones
            Where they came, left, or are.
        left_ns
            By zone, when who has just left it.
        """
        matters = [Matter(zone, person) for zone in zones if self.personal.get(zone)]
        return self._judge(scene, docket, chain(matters, self._whole(zones)), left_ns)

    def look(
        self, scene: Scene, docket: Docket, zones: Collection[str]
    ) -> tuple[Docket, tuple[Finding, ...]]:
        """Look at everybody in these zones, and at all that concerns these."""
        matters = [
            Matter(zone, person)
            for zone in sorted(zones)
            if self.personal.get(zone)
            for person in sorted({*scene.inside.get(zone, ()), *docket.files.get(zone, ())} - {""})
        ]
        return self._judge(scene, docket, chain(matters, self._whole(zones)), {})

    def advance(
        self, scene: Scene, docket: Docket, until_ns: int
    ) -> tuple[Scene, Docket, tuple[Finding, ...]]:
        """Let time pass up to `until_ns`, and look at what falls due on the way."""
        found: tuple[Finding, ...] = ()
        while (due := docket.agenda.first) is not None and due.at_ns <= until_ns:
            scene = replace(scene, now_ns=max(scene.now_ns, due.at_ns))
            docket, new = self._judge(scene, docket, (due.matter,), {})
            found += new
        return replace(scene, now_ns=max(scene.now_ns, until_ns)), docket, found

    def _whole(self, zones: Iterable[str]) -> list[Matter]:
        """Return the zones as wholes of which a rule looks at any of these."""
        chosen = {other for zone in zones for other in self.concerned.get(zone, ())}
        return [Matter(zone) for zone in sorted(chosen)]

    def _judge(
        self,
        scene: Scene,
        docket: Docket,
        matters: Iterable[Matter],
        left_ns: Mapping[str, Left],
    ) -> tuple[Docket, tuple[Finding, ...]]:
        found: list[Finding] = []
        for matter in matters:
            left = left_ns.get(matter.zone, NOBODY_LEFT)
            said = self._said(scene, matter)
            docket, new = docket.judged(matter, scene.now_ns, said, left, self.settings)
            found += new
        found.sort(key=_order)
        return docket, tuple(found)

    def _said(self, scene: Scene, matter: Matter) -> Iterator[Claim | Recheck]:
        """Yield what the rules say of a matter."""
        if not matter.person:
            for rule in self.general.get(matter.zone, ()):
                yield from rule.claims(scene)
            return
        who = scene.inside.get(matter.zone, {}).get(matter.person)
        if who is not None:
            for each in self.personal.get(matter.zone, ()):
                yield from each.claims_of(scene, who)


def _order(found: Finding) -> tuple[int, int, str, str, str]:
    return found.decided_ns, found.onset_ns, found.kind, found.person or "", found.phase
